"""What is hidden, and what an E-step and an M-step do, to a newcomer: in plain words, by kind of model.

In the texts {row} stands for what a row is called, and {kind} for what a component stands for.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PlainWords:
    """The words of one kind of model.

    hidden: what was never seen. guess, learn: what `e` and `m` will do. guessed, learned: what they have done.
    kind: what a component stands for where the data say nothing else.
    """

    hidden: str
    guess: str
    learn: str
    guessed: str
    learned: str
    kind: str = "component"


_SHARED = "each {row} is shared out by how likely it is to belong to each {kind}; nothing has moved yet."
_BELONGS = "how likely is each {row} to belong to each {kind}?"
_OF_MIXTURES = "The model supposes that each {row} came from one of its components. Which one is hidden."

ANY = PlainWords(
    hidden="Part of the story was never seen: the model has hidden variables.",
    guess="how likely is each value of what is hidden?",
    learn="given these guesses, which parameters fit the data best?",
    guessed="what is hidden is known as well as these parameters tell; the parameters have not changed yet.",
    learned="the parameters are now those that suit the guesses best.",
)
MIXTURE = PlainWords(
    hidden=_OF_MIXTURES,
    guess=_BELONGS,
    learn="given these guesses, which numbers suit each {kind} best?",
    guessed=_SHARED,
    learned="each {kind} was fitted to what it was given.",
)
GAUSSIANS = PlainWords(
    hidden=_OF_MIXTURES,
    guess=_BELONGS,
    learn="given these guesses, where does each {kind} lie?",
    guessed=_SHARED,
    learned="each {kind} went to the middle of what it was given, and took its spread and its share.",
)
COINS = PlainWords(
    hidden="Each {row} was tossed with one of several coins. Which one is hidden.",
    guess="how likely is it that each {row} was tossed with each coin?",
    learn="given these guesses, how often does each coin fall heads?",
    guessed="each {row} is shared out by how likely it is to be of each coin; the coins have not changed yet.",
    learned="each coin took its share of heads in what it was given.",
    kind="coin",
)
BERNOULLI = PlainWords(
    hidden=_OF_MIXTURES,
    guess=_BELONGS,
    learn="given these guesses, how often does each {kind} say yes, column by column?",
    guessed=_SHARED,
    learned="each {kind} took the share of yes in what it was given, column by column.",
)
POISSON = PlainWords(
    hidden=_OF_MIXTURES,
    guess=_BELONGS,
    learn="given these guesses, how many does each {kind} have on average?",
    guessed=_SHARED,
    learned="each {kind} took the average of what it was given.",
)
K_MEANS = PlainWords(
    hidden=_OF_MIXTURES,
    guess="which centre is nearest to each {row}?",
    learn="given these guesses, where is the middle of each component?",
    guessed="each {row} now belongs to the centre nearest to it; nothing has moved yet.",
    learned="each centre went to the middle of what belongs to it.",
)
LINKAGE = PlainWords(
    hidden="One of the classes that were counted is two classes in one. How many are of each is hidden.",
    guess="how many of the first class are of each of its two?",
    learn="given this split, how closely are the two genes linked (θ)?",
    guessed="the first class is split in two, as this θ tells; θ has not changed yet.",
    learned="θ is now the one that suits the split best.",
    kind="class",
)
HIDDEN_MARKOV = PlainWords(
    hidden="A state that nobody sees lies behind each {row}, and one state follows another.",
    guess="how likely is each state at each {row}, given the whole sequence?",
    learn="given these guesses, what does each state show, and which one follows?",
    guessed="each {row} is shared out by how likely each state is there; the states have not changed yet.",
    learned="each state took what it was given, and how often one follows another was counted.",
    kind="state",
)
TOPICS = PlainWords(
    hidden="The model supposes that each word came from one of a few topics. Which one is hidden.",
    guess="how likely is each word of each document to come from each topic?",
    learn="given these guesses, how often does each topic use each word?",
    guessed="the words of each document are shared out among the topics; the topics have not changed yet.",
    learned="each topic took the words that it was given.",
    kind="topic",
)
NETWORK = PlainWords(
    hidden="Inputs and answers are known. Which of the network's hidden units are on, row by row, is hidden.",
    guess="how likely is each hidden unit to be on, row by row?",
    learn="given these guesses, which weights fit inputs and answers best?",
    guessed="each row has its guess of which hidden units are on; the weights have not changed yet.",
    learned="the weights moved to suit these guesses.",
    kind="unit",
)
EXPERTS = PlainWords(
    hidden="Inputs and answers are known. Which expert each row belongs to is hidden.",
    guess="how likely is each row to belong to each expert?",
    learn="given these guesses, what does each expert answer, and where is it asked?",
    guessed="each row is shared out by how well each expert answers it; the experts have not changed yet.",
    learned="each expert was fitted to the rows that it was given, and the gate to who got them.",
    kind="expert",
)
GRADIENT = PlainWords(
    hidden="Nothing is guessed here: these weights learn by gradients, the way that EM is compared with.",
    guess="nothing; it looks at how well these weights do.",
    learn="move the weights along the gradient, in one pass through the rows.",
    guessed="there was nothing to guess: this is how well these weights do.",
    learned="the weights moved along the gradient.",
    kind="unit",
)
