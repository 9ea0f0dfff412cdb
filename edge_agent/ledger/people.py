"""Workers, companies, credentials and sites as they lie in the file: looked up one by one. Imports nothing."""

import contextlib
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import msgspec

from edge_agent.core.people import Company, Credential, Site
from edge_agent.core.touch import CredentialRef, Worker, WorkerId
from spool.file import SpoolUnavailable, open_reader
from spool.transaction import Transaction

_WORKER = tuple(field.name for field in fields(Worker))
_COMPANY = tuple(field.name for field in fields(Company))
_SITE = tuple(field.name for field in fields(Site))


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A credential, and whose it is."""

    kind: str
    state: str
    worker: Worker
    company: Company | None


def holders(tx: Transaction, ref: CredentialRef) -> list[Held]:
    """Return everybody this credential is given to: several for a shared telephone, nobody for an unknown one."""
    found = []
    for kind, state, *values in tx.execute(_HOLDERS, (ref,)):
        worker = _worker(values[: len(_WORKER)])
        company = _company(values[len(_WORKER) :]) if values[len(_WORKER)] is not None else None
        found.append(Held(kind=kind, state=state, worker=worker, company=company))
    return found


def worker(tx: Transaction, worker_id: WorkerId) -> tuple[Worker, Company | None] | None:
    """Return a worker and the company; None for somebody the roster does not know."""
    row = tx.execute(_ONE_WORKER, (worker_id,)).fetchone()
    if row is None:
        return None
    company = _company(row[len(_WORKER) :]) if row[len(_WORKER)] is not None else None
    return _worker(row[: len(_WORKER)]), company


def site(tx: Transaction, site_id: str) -> Site | None:
    """Return what the box was told of a site; None if nothing."""
    row = tx.execute(f"SELECT {', '.join(_SITE)} FROM site WHERE id = ?", (site_id,)).fetchone()  # noqa: S608 - our names
    return Site(**dict(zip(_SITE, row, strict=True))) if row else None


def sites(tx: Transaction) -> list[Site]:
    """Return every site the box was told of."""
    return [Site(**dict(zip(_SITE, row, strict=True))) for row in tx.execute(_SITES)]


def put_site(tx: Transaction, site: Site, *, origin: str) -> None:
    """Enter a site, or what is known of it now."""
    values = [getattr(site, name) for name in _SITE]
    tx.execute(
        f"INSERT OR REPLACE INTO site ({', '.join(_SITE)}, origin) VALUES ({', '.join('?' * len(values))}, ?)",  # noqa: S608 - our names
        (*values, origin),
    )


def here(tx: Transaction) -> tuple[str, str]:
    """Return the site this box serves, where that is not the configured one, and its place note; each may be empty."""
    return tx.execute("SELECT site, note FROM here").fetchone() or ("", "")


def set_here(tx: Transaction, *, site: str, note: str) -> None:
    """Let the box serve this site from now on; empty: the configured one."""
    tx.execute("INSERT OR REPLACE INTO here (id, site, note) VALUES (1, ?, ?)", (site, note))


def names(spool: Path, workers: Collection[str]) -> dict[str, str]:
    """
    Return the names of these workers, as far as the roster knows them.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    marks = ", ".join("?" * len(workers))
    with _reading(spool) as db:
        return dict(db.execute(f"SELECT id, name FROM worker WHERE id IN ({marks})", tuple(workers)).fetchall())  # noqa: S608 - marks


def owner(spool: Path, ref: CredentialRef) -> WorkerId | None:
    """
    Return whose credential that is; None where it is nobody's, several people's, or no longer valid.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    with _reading(spool) as db:
        rows = db.execute("SELECT worker FROM credential WHERE ref = ? AND state = 'active'", (ref,)).fetchall()
    return WorkerId(rows[0][0]) if len(rows) == 1 else None


def stays(spool: Path, workers: Collection[str]) -> dict[str, tuple[str, str]] | None:
    """
    Return the first and last day of these workers, as far as the roster knows them; None while it knows nobody at all.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    marks = ", ".join("?" * len(workers))
    with _reading(spool) as db:
        if db.execute("SELECT 1 FROM worker LIMIT 1").fetchone() is None:
            return None
        rows = db.execute(f"SELECT id, valid_from, valid_to FROM worker WHERE id IN ({marks})", tuple(workers))  # noqa: S608 - marks
        return {worker: (first, last) for worker, first, last in rows}


@contextlib.contextmanager
def _reading(spool: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(open_reader(spool)) as db:
        try:
            yield db
        except sqlite3.Error as exc:
            raise SpoolUnavailable(f"{spool}: cannot be read: {exc}") from exc


def of_kind(tx: Transaction, kind: str) -> list[tuple[CredentialRef, WorkerId]]:
    """Return every credential of this kind, with its owner, however it stands."""
    rows = tx.execute("SELECT ref, worker FROM credential WHERE kind = ?", (kind,)).fetchall()
    return [(CredentialRef(ref), WorkerId(worker)) for ref, worker in rows]


def bind(tx: Transaction, credential: Credential, *, origin: str) -> None:
    """Give a credential to a worker, or change how it stands."""
    tx.execute(
        "INSERT INTO credential (ref, worker, kind, state, origin) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET kind = excluded.kind, state = excluded.state, origin = excluded.origin",
        (credential.ref, credential.worker, credential.kind, credential.state, origin),
    )


def release(tx: Transaction, ref: CredentialRef, owner: WorkerId) -> None:
    """Take a credential away from a worker."""
    tx.execute("DELETE FROM credential WHERE ref = ? AND worker = ?", (ref, owner))


def set_state(tx: Transaction, owner: WorkerId, kind: str, *, was: str, state: str, origin: str) -> int:
    """Change how all credentials of a kind of this worker stand; return how many did."""
    changed = tx.execute(
        "UPDATE credential SET state = ?, origin = ? WHERE worker = ? AND kind = ? AND state = ?",
        (state, origin, owner, kind, was),
    )
    return changed.rowcount


def origin(source: str, day: str) -> str:
    """Return, as the tables keep it, from where and when a whole row is known."""
    return msgspec.json.encode({"*": [source, day]}).decode()


def put_worker(tx: Transaction, worker: Worker, *, origin: str) -> None:
    """Enter a worker, or what is known of them now."""
    values = [getattr(worker, name) for name in _WORKER]
    tx.execute(
        f"INSERT OR REPLACE INTO worker ({', '.join(_WORKER)}, origin) VALUES ({', '.join('?' * len(values))}, ?)",  # noqa: S608 - our names
        (*values, origin),
    )


def _worker(values: list[object]) -> Worker:
    told = dict(zip(_WORKER, values, strict=True))
    return Worker(**told | {"is_insured": _truth(told["is_insured"])})  # type: ignore[arg-type]  # STRICT tables keep the types


def _company(values: list[object]) -> Company:
    told = dict(zip(_COMPANY, values, strict=True))
    return Company(**told | {"is_sole": bool(told["is_sole"]), "is_registered": _truth(told["is_registered"])})  # type: ignore[arg-type]  # as above


def _truth(value: object) -> bool | None:
    return None if value is None else bool(value)


_COLUMNS = ", ".join([*(f"worker.{name}" for name in _WORKER), *(f"company.{name}" for name in _COMPANY)])
_HOLDERS = f"""
    SELECT kind, state, {_COLUMNS} FROM credential JOIN worker ON worker.id = credential.worker
        LEFT JOIN company ON company.id = worker.company
    WHERE ref = ? ORDER BY credential.worker
"""  # noqa: S608 - our names
_SITES = f"SELECT {', '.join(_SITE)} FROM site ORDER BY id"  # noqa: S608 - our names
_ONE_WORKER = f"""
    SELECT {_COLUMNS} FROM worker LEFT JOIN company ON company.id = worker.company WHERE worker.id = ?
"""  # noqa: S608 - our names
