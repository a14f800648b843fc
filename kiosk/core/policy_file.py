"""Reading a policy file: grammar, types and sense, all faults at once with their lines."""

from __future__ import annotations

from kiosk.core.checked import BadFileError, Fault, line_of, read_toml
from kiosk.core.policy import Policy, policy_faults


def read_policy(text: str, name: str) -> Policy:
    """The policy in `text`; `name` stands in messages. Raises `BadFileError`."""
    policy = read_toml(text, Policy, name)
    faults = [Fault(_line(text, policy, fault), "", fault) for fault in policy_faults(policy)]
    if faults:
        raise BadFileError(name, faults)
    return policy


def _line(text: str, policy: Policy, fault: str) -> int:
    """Where to look: the last session that the fault names, or the key it begins with."""
    named = [i for i, session in enumerate(policy.sessions) if repr(session.name) in fault]
    if named:
        return line_of(text, ("session", named[-1]))
    return line_of(text, (fault.partition(" ")[0],))
