"""Codes of closed vocabularies as people write them: one way for screens, mails and pages. Pure."""

import re


def words(code: object) -> str:
    """Return a code as people write it."""
    return re.sub(r"\bchina\b", "China", str(code).replace("_", " "))


def number(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


#: Element of a recommendation → what a text must do to hold it (codebook, "elements").
MEANINGS = {
    "rights_named": "names rights or repression as what is examined",
    "before_start": "comes before the work or the signature",
    "unfunded_work": "covers unfunded work and co-authorship too",
    "escalation": "says who is asked in doubt",
    "recheck": "is repeated while the work goes on",
    "what_is_disclosed": "says what has to be disclosed",
    "to_whom": "says to whom",
    "made_public": "what is disclosed is published",
    "non_financial": "covers ties without money, such as posts and visits",
    "sanction": "says what follows where it is not kept",
    "trigger": "surveillance, military, security services or a list set it off",
    "who_decides": "names who decides",
    "end_use": "asks what the work may be used for",
    "contract_terms": "asks for terms in the contract, or a way out",
    "informal_collaboration": "covers collaboration without a contract",
    "no_nationality_ground": "says that nationality or ethnicity is no ground",
    "abuse_and_state": "names an abuse and the state behind it",
    "own_commitment": "binds the institution itself",
    "china_named": "names China or Chinese labs",
    "rights_risk": "has risks to rights in view",
    "concrete_steps": "says what to do, step by step",
    "labs_named": "names labs or lists",
    "own_rule": "is the public body’s own rule",
    "foreign_misuse": "is meant against misuse by foreign states",
    "status": "says whether it is proposed, in force or superseded",
}
