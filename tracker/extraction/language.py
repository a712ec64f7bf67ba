"""Which language a text is in, by its own small words. Pure; needs no model."""

import re
from collections import Counter
from collections.abc import Set as AbstractSet

_WORDS = {
    "en": "the and of to in that is for with are this be by on as not which from or have must",
    "de": "der die das und ist nicht mit für von auf den des dem eine werden sich auch bei oder zu",
    "fr": "le la les et des est dans pour une que qui sur par avec pas aux du sont ou ce cette",
    "nl": "de het een van en dat niet met voor zijn op te aan worden bij ook door naar of deze",
    "es": "el la los las y que de en para con por una no del se como más son su al o",
    "sv": "och att det som en är för på inte med av till den ska har ett om vi eller de",
    "da": "og at det som en er for på ikke med af til den skal har et om vi eller de",
    "no": "og at det som en er for på ikke med av til den skal har et om vi eller de",
    "it": "il la che di e per non una con sono del della gli nel alla anche dei le si da",
    "pt": "o a que de e para com não uma os do da em por mais são dos das ao se",
    "fi": "ja on ei että se ovat tai myös sekä joka kun mutta tämä voi ole hän niin kuin",
}
_PROFILES = {language: frozenset(words.split()) for language, words in _WORDS.items()}
#: Words that tell apart what the shared ones cannot.
_TELLING = {"da": {"af", "være", "hvad"}, "no": {"av", "være", "hva"}, "sv": {"och", "är", "att"}}
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = (
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
)
ENOUGH = 0.1  # share of small words from which a profile is believed


def language_of(declared: str, text: str) -> str | None:
    """Return the ISO 639-1 code of a text: by its words, else as declared, else None."""
    sample = text[:4000]
    claim = declared.strip().lower()[:2]
    claim = "no" if claim in {"nb", "nn"} else claim
    for language, script in () if sample.isascii() else reversed(_SCRIPTS):
        if len(script.findall(sample)) > len(sample) / 10:
            return language
    words = Counter(_WORD.findall(sample.lower()))
    count = words.total()
    if count < 20:
        return claim or None
    share = {name: _among(profile, words) / count for name, profile in _PROFILES.items()}
    for name, telling in _TELLING.items():
        share[name] += _among(telling, words) / count
    best = max(share, key=lambda name: share[name])
    if share[best] < ENOUGH:
        return claim or None
    return claim if claim and share.get(claim, 0) >= 0.9 * share[best] else best


def _among(profile: AbstractSet[str], words: Counter[str]) -> int:
    return sum(words[word] for word in profile)
