"""How topic models are shown: words by topic, a document in colours."""
