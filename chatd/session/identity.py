"""Who somebody has proven to be before their session began."""

from __future__ import annotations

from dataclasses import dataclass

from chatd.core.owners import Owner


@dataclass(frozen=True, slots=True)
class Identity:
    """A person has shown an SSH key, by its fingerprint (`SHA256:…`) and kind, or given the password of an account."""

    fingerprint: str = ""
    kind: str = ""
    account: int | None = None

    def holds_key_of(self, owner: Owner) -> bool:
        """Say whether the key opens an owner's name."""
        return any(key.fingerprint == self.fingerprint for key in owner.ssh_keys)

    def is_of(self, owner: Owner) -> bool:
        """Say whether that is who has come."""
        return owner.id == self.account or self.holds_key_of(owner)


NOBODY = Identity()
