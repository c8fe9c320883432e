"""Which answers are known already, so that a provider may say "as before"."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping

from oculus.collectors.sources.reply import Question, Reply

MOST = 64  # questions remembered
LARGEST = 256 * 1024  # bytes of an answer that is kept

Marks = list[str]  # ETag and Last-Modified, either may be empty


class Etags:
    """The marks outlive a restart, the answers do not. Its owner holds a lock."""

    def __init__(self, saved: Mapping[str, Marks] | None = None) -> None:
        # Once whole addresses were kept, which always have a question mark here.
        kept = {name: marks for name, marks in (saved or {}).items() if "?" not in name}
        self._marks: OrderedDict[str, Marks] = OrderedDict(kept)
        self._replies: dict[str, Reply] = {}

    def saved(self) -> dict[str, Marks]:
        return dict(self._marks)

    def headers(self, question: Question) -> dict[str, str]:
        """What to send along with `question`."""
        if question.method != "GET" or (question.whole and self.known(question) is None):
            return {}
        etag, modified = self._marks.get(name_of(question), ["", ""])
        named = {"If-None-Match": etag, "If-Modified-Since": modified}
        return {name: value for name, value in named.items() if value}

    def note(self, question: Question, reply: Reply) -> bool:
        """Remember an answer that has a mark. Whether there is something new to be saved."""
        marks = [reply.headers.get("etag", ""), reply.headers.get("last-modified", "")]
        name = name_of(question)
        if question.method != "GET" or not any(marks):
            return False
        new = self._marks.get(name) != marks
        self._marks[name] = marks
        self._marks.move_to_end(name)
        self._replies.pop(name, None)  # that one is older
        if len(reply.body) <= LARGEST:
            self._replies[name] = reply
        while len(self._marks) > MOST:
            gone, _ = self._marks.popitem(last=False)
            self._replies.pop(gone, None)
        return new

    def forget(self, question: Question) -> None:
        """The answer could not be used; ask for a whole one the next time."""
        self._marks.pop(name_of(question), None)
        self._replies.pop(name_of(question), None)

    def known(self, question: Question) -> Reply | None:
        """The answer of before; None when it is not here any more."""
        return self._replies.get(name_of(question))


def name_of(question: Question) -> str:
    """The same for the same question, and nothing that could be read: an address may hold a secret."""
    asked = repr((question.path, sorted(question.params.items()), sorted(question.headers.items())))
    return hashlib.sha256(asked.encode()).hexdigest()
