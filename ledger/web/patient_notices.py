"""The notice a patient reads before they answer: which forms of it there are, and its words.

A form is a language and a format, as ``en-GB/easy-read``. What organisations have written for
the library comes first; what it lacks is written here for the very choice that is made.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from ledger.consent.asking.queries import AskedView
from ledger.consent.notices import queries as library
from ledger.consent.notices.queries import NoticeView
from ledger.consent.notices.rules import Format
from ledger.consent.rules import notices
from ledger.consent.rules.model import Effect
from ledger.consent.rules.notices import Subject
from ledger.consent.service import Shown

STANDARD: Final = f"{notices.LANGUAGE}/{Format.STANDARD.value}"

FORMAT_WORDS: Final = {
    Format.STANDARD: "plain English",
    Format.EASY_READ: "easy read",
    Format.LARGE_PRINT: "large print",
}
_IN_WELSH: Final = {
    Format.STANDARD: "Cymraeg",
    Format.EASY_READ: "Cymraeg, hawdd ei ddeall",
    Format.LARGE_PRINT: "Cymraeg, print bras",
}
_LANGUAGES: Final = {"cy": "Cymraeg", "pl": "Polski", "ur": "اردو", "pa": "ਪੰਜਾਬੀ", "bn": "বাংলা"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice as a page shows it.

    Attributes:
        lang: Of its words.
        large: It is set in large print.
    """

    form: str
    lang: str
    large: bool
    paragraphs: tuple[str, ...]
    shown: Shown


class Shelf:
    """The forms in which one notice can be had."""

    def __init__(self, session: Session, asked: AskedView | None = None) -> None:
        self._session = session
        offered = asked.notice if asked else None
        self._id = str(offered["id"]) if offered else notices.ID
        self._kept: dict[str, tuple[int, str]] = {}
        for one in library.notices(session):
            if one.id == self._id:  # The newest version comes first.
                self._kept.setdefault(_form(one), (one.version, one.language))
        self.first = STANDARD
        if offered:  # Who was sent one form of it reads that very text.
            self.first = f"{offered['language']}/{offered['format']}"
            self._kept[self.first] = (int(offered["version"]), str(offered["language"]))

    def options(self, chosen: str) -> list[dict[str, Any]]:
        """Return the forms to choose from, as the radios component takes them."""
        chosen = self.known(chosen)
        return [
            {"value": one, "text": form_words(one), "checked": one == chosen, "lang": _lang(one)}
            for one in self.forms()
        ]

    def forms(self) -> tuple[str, ...]:
        """Return every form, ours first."""
        ours = [f"{notices.LANGUAGE}/{how.value}" for how in Format]
        return tuple(dict.fromkeys([*ours, *sorted(self._kept)]))

    def known(self, form: str) -> str:
        """Return *form*, or the first if there is no such form."""
        return form if form in self.forms() else self.first

    def kept(self, form: str) -> Notice | None:
        """Return what the library has in that form, to the letter; None if it has nothing."""
        form = self.known(form)
        if form not in self._kept:
            return None
        version, language = self._kept[form]
        how = Format(form.partition("/")[2])
        return _notice(
            form,
            self._id,
            version,
            library.text_of(self._session, self._id, version, language, how),
        )

    def read(self, form: str, subject: Subject, effect: Effect) -> Notice:
        """Return what somebody reads who is about to choose *effect*."""
        form = self.known(form)
        if found := self.kept(form):
            return found
        write = notices.easy if form.endswith(Format.EASY_READ.value) else notices.paragraphs
        text = "\n\n".join(write(subject, effect)) + "\n"
        return _notice(form, notices.ID, notices.VERSION, text)


def form_words(form: str) -> str:
    """Say a form as its readers call it."""
    language, _, how = form.partition("/")
    found = Format(how)
    if language == "cy":
        return _IN_WELSH[found]
    words = FORMAT_WORDS[found]
    if language.startswith("en"):
        return words[:1].upper() + words[1:]
    return f"{_LANGUAGES.get(language, language)}, {words}"


def others(shelf: Shelf, form: str) -> str:
    """Say in which other forms it can be had: easy read, large print or Cymraeg."""
    left = [one for one in shelf.forms() if one != shelf.known(form)]
    words = [FORMAT_WORDS[Format(one.partition("/")[2])] for one in left if one.startswith("en")]
    words += [_LANGUAGES.get(_lang(one), _lang(one)) for one in left if not one.startswith("en")]
    *most, last = dict.fromkeys(words)
    return f"{', '.join(most)} or {last}" if most else last


def _lang(form: str) -> str:
    return form.partition("/")[0]


def _form(one: NoticeView) -> str:
    return f"{one.language}/{one.format}"


def _notice(form: str, notice_id: str, version: int, text: str) -> Notice:
    language, _, how = form.partition("/")
    return Notice(
        form=form,
        lang=language,
        large=how == Format.LARGE_PRINT.value,
        paragraphs=text_paragraphs(text),
        shown=Shown(id=notice_id, version=version, language=language, format=how, text=text),
    )


def text_paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of a text; an empty line ends one."""
    return tuple(one.strip() for one in text.split("\n\n") if one.strip())
