"""What the chat keeps on this machine: conversations and feedback, each under its owner.

One SQLite file; nothing leaves the machine, and every question to it names the owner.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, changed REAL NOT NULL);
CREATE INDEX IF NOT EXISTS by_owner ON conversations (owner, changed);
CREATE TABLE IF NOT EXISTS turns (
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    number INTEGER NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL,
    PRIMARY KEY (conversation, number));
CREATE TABLE IF NOT EXISTS feedback (
    id INTEGER PRIMARY KEY, owner TEXT NOT NULL, given REAL NOT NULL, verdict TEXT NOT NULL,
    reason TEXT NOT NULL, question TEXT NOT NULL, history TEXT NOT NULL, answer TEXT NOT NULL);
"""
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Saved:
    """One conversation in the list: `changed` is seconds since 1970."""

    id: str
    title: str
    changed: float
    turns: int


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a user said of one answer; `answer` is `Answer.to_dict()`."""

    given: float
    verdict: str
    reason: str
    question: str
    history: tuple[str, ...]
    answer: dict[str, Any]


class ChatStore:
    """The file `chat.sqlite` in a folder that only its user may read."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / "chat.sqlite"
        with self._writing() as database:
            database.executescript(_SCHEMA)
        os.chmod(self.path, 0o600)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=10)) as database, database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA foreign_keys = ON")
            database.execute("PRAGMA secure_delete = ON")
            yield database

    def start(self, owner: str, title: str) -> str:
        """A new conversation's id, which cannot be guessed."""
        name = secrets.token_urlsafe(12)
        with self._writing() as database:
            row = (name, owner, title[:80], time.time())
            database.execute("INSERT INTO conversations VALUES (?, ?, ?, ?)", row)
        return name

    def keep(self, owner: str, conversation: str, number: int, answer: dict[str, Any]) -> None:
        """Write one answered turn; nothing for a conversation that is not the owner's."""
        with self._writing() as database:
            touched = database.execute(
                "UPDATE conversations SET changed = ? WHERE id = ? AND owner = ?",
                (time.time(), conversation, owner),
            )
            if touched.rowcount:
                text = json.dumps(answer, ensure_ascii=False)
                row = (conversation, number, answer["question"], text)
                database.execute("INSERT OR REPLACE INTO turns VALUES (?, ?, ?, ?)", row)

    def find(self, owner: str, wanted: str = "") -> list[Saved]:
        """The owner's conversations, newest first; `wanted` must stand in a question or answer."""
        pattern = "%" + wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        with self._writing() as database:
            rows = database.execute(
                "SELECT id, title, changed, (SELECT count(*) FROM turns WHERE conversation = id)"
                " FROM conversations WHERE owner = ? AND EXISTS (SELECT 1 FROM turns WHERE"
                " conversation = id AND (question LIKE ? ESCAPE '\\' OR"
                " json_extract(answer, '$.text') LIKE ? ESCAPE '\\')) ORDER BY changed DESC LIMIT ?",
                (owner, pattern, pattern, MOST_LISTED),
            ).fetchall()
        return [Saved(*row) for row in rows]

    def read(self, owner: str, conversation: str) -> list[dict[str, Any]]:
        """The answers of a conversation in order; none if it is not the owner's."""
        with self._writing() as database:
            rows = database.execute(
                "SELECT answer FROM turns JOIN conversations ON id = conversation"
                " WHERE id = ? AND owner = ? ORDER BY number",
                (conversation, owner),
            ).fetchall()
        return [json.loads(answer) for (answer,) in rows]

    def delete(self, owner: str, conversation: str) -> None:
        with self._writing() as database:
            row = (conversation, owner)
            database.execute("DELETE FROM conversations WHERE id = ? AND owner = ?", row)

    def rate(
        self, owner: str, verdict: str, reason: str, history: list[str], answer: dict[str, Any]
    ) -> None:
        """Write down what the owner thinks of an answer."""
        with self._writing() as database:
            row = (owner, time.time(), verdict, reason, answer["question"])
            texts = (json.dumps(history, ensure_ascii=False), json.dumps(answer, ensure_ascii=False))
            database.execute(
                "INSERT INTO feedback (owner, given, verdict, reason, question, history, answer)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*row, *texts),
            )


def data_folder() -> Path:
    """Where uploads, conversations and feedback lie unless told otherwise."""
    return Path(platformdirs.user_data_dir("tenkyo")) / "chat"


def read_feedback(folder: str | os.PathLike[str] | None = None) -> list[Feedback]:
    """All feedback in a chat's data folder, oldest first; empty where there is none."""
    path = Path(folder or data_folder()) / "chat.sqlite"
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        rows = database.execute(
            "SELECT given, verdict, reason, question, history, answer FROM feedback ORDER BY id"
        ).fetchall()
    return [
        Feedback(given, verdict, reason, question, tuple(json.loads(history)), json.loads(answer))
        for given, verdict, reason, question, history, answer in rows
    ]
