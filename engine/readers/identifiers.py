"""Names of columns that say that they tell rows apart: an identifier, or none at all."""

from __future__ import annotations

import re

_WHOLE = frozenset(
    {"id", "ids", "index", "idx", "ix", "obs", "observation", "observations", "row", "rows", "rowid", "rowno"}
    | {"rownum", "rownumber", "rowname", "rownames", "no", "nr", "num", "number", "case", "caseid", "caseno", "subject"}
    | {"subjectid", "subj", "participant", "participantid", "patient", "patientid", "respondent", "record", "recordid"}
    | {"recordno", "serial", "seq", "sequence", "identifier", "ident", "key", "uid", "sno", "slno", "lfdnr", "nummer"}
    | {"numero", "numéro", "#", "№", "번호", "순번", "일련번호"}
)
_LAST = frozenset({"id", "idx", "index", "no", "nr", "identifier", "번호"})
_UNNAMED = re.compile(r"Unnamed: \d+(?:\.\d+)*(?:_level_\d+)?")


def is_unnamed(name: str) -> bool:
    """Whether the column has no name, or the one that pandas gives to columns without."""
    return not name.strip() or _UNNAMED.fullmatch(name.strip()) is not None


def is_identifier(name: str) -> bool:
    """Whether a name such as id, obs, PassengerId or case_no says that the column tells rows apart."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z\u00df-\uffff]+|#", name.strip(" .:"))
    together = "".join(words).casefold()
    return together in _WHOLE or (len(words) > 1 and words[-1].casefold() in _LAST)
