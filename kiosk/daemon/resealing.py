"""A new key for the vault: every template and PIN is sealed anew, then the old key is forgotten."""

from __future__ import annotations

import logging

from kiosk.core import api, payload
from kiosk.daemon.engine import Engine
from kiosk.daemon.journal import Journal
from kiosk.daemon.keys import BadKeyError
from kiosk.daemon.refusal import refuse
from kiosk.daemon.store import Store
from kiosk.daemon.vault import Bound, Vault, VaultError

log = logging.getLogger(__name__)
ENGINE_S = 30.0
ACTOR = "socket:admin"
PIN_FORMAT = "argon2id"


class Resealing:
    """Carries out `kioskctl privacy reseal`; any thread but the engine's."""

    def __init__(self, engine: Engine, store: Store, journal: Journal, vault: Vault) -> None:
        self._engine, self._store, self._journal, self._vault = engine, store, journal, vault

    def run(self) -> api.Resealed:
        """Raises `Refusal`, `StoreError`, `OSError`; what was not sealed anew then is, the next time."""
        try:
            self._vault.rotate()
        except BadKeyError as error:
            refuse("not_allowed", str(error), "see 'Keys from the TPM' in docs/install.md")
        bounds = self._engine.submit(self._everything).result(ENGINE_S)
        failed = [bound for bound in bounds if not self._reseal(bound)]
        if not failed:
            self._vault.forget_old_keys()
        detail = f"{len(bounds) - len(failed)} sealed anew, {len(failed)} cannot be read"
        record = payload.Admin(actor=ACTOR, action="vault_key_rotated", detail=detail)
        self._engine.submit(lambda: self._journal.note(record)).result(ENGINE_S)
        return api.Resealed(len(bounds) - len(failed), len(failed))

    def _everything(self) -> list[Bound]:
        templates = {t.template_id: t for t in self._store.templates()}
        pins = (row.record for row in self._store.desk(payload.PinSet))
        held = self._vault.names()
        bounds = [Bound.of(template) for template in templates.values()]
        bounds += [Bound(pin.person_id, "pin", pin.template_id, PIN_FORMAT) for pin in pins]
        return [bound for bound in bounds if bound.template_id in held]

    def _reseal(self, bound: Bound) -> bool:
        try:
            self._vault.reseal(bound)
        except VaultError as error:
            log.warning("%s; %s", error, error.hint)
            return not self._vault.has(bound.template_id)  # removed meanwhile: nothing to seal
        return True
