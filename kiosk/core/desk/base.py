"""The limits that the fields of several commands share."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Number = Annotated[str, msgspec.Meta(max_length=64)]
Note = Annotated[str, msgspec.Meta(max_length=1000)]
Photo = Annotated[str, msgspec.Meta(max_length=3_000_000)]
Wait = Annotated[float, msgspec.Meta(ge=1, le=120)]
Period = Literal["day", "week", "month"]
