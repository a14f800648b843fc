"""Commands and answers of what happens beside a plain tap: other ways to punch, presence, privacy, recap.

The same on both sockets. Through the screen's socket, those in `PUBLIC` need nothing, the others an
administrator's finger and PIN a short while before (`Raise`). Photos travel as base64 of a JPEG.
docs/flows.md says which flow uses which.
"""

from __future__ import annotations

from kiosk.core import setup
from kiosk.core.desk.authority import (
    Cancel,
    Lower,
    PutRole,
    Raise,
    SetPin,
)
from kiosk.core.desk.base import Note, Number, Period, Photo, Wait
from kiosk.core.desk.presence import (
    AbsenceRow,
    Absences,
    CallPresence,
    DropAbsence,
    GetAbsences,
    GetPresence,
    PresenceList,
    PresenceState,
    PutAbsence,
)
from kiosk.core.desk.privacy import (
    CarryOwnData,
    Certificate,
    ConsentText,
    Erase,
    GetConsent,
    GetOwnData,
    OwnData,
    PutConsent,
)
from kiosk.core.desk.punches import (
    GetPhoto,
    GetQueue,
    PhotoOut,
    Punched,
    PunchPaper,
    PunchPin,
    PunchSpecial,
    Queue,
    QueueRow,
    SetDirection,
    Validate,
)
from kiosk.core.desk.recaps import (
    Carried,
    CarryRecap,
    Explain,
    Explained,
    GetMyRecord,
    GetRecap,
    MyPunch,
    MyRecord,
    Recap,
)

__all__ = [
    "PUBLIC",
    "RAISED",
    "AbsenceRow",
    "Absences",
    "AnyDesk",
    "CallPresence",
    "Cancel",
    "Carried",
    "CarryOwnData",
    "CarryRecap",
    "Certificate",
    "ConsentText",
    "DropAbsence",
    "Erase",
    "Explain",
    "Explained",
    "GetAbsences",
    "GetConsent",
    "GetMyRecord",
    "GetOwnData",
    "GetPhoto",
    "GetPresence",
    "GetQueue",
    "GetRecap",
    "Lower",
    "MyPunch",
    "MyRecord",
    "Note",
    "Number",
    "OwnData",
    "Period",
    "Photo",
    "PhotoOut",
    "PresenceList",
    "PresenceState",
    "PunchPaper",
    "PunchPin",
    "PunchSpecial",
    "Punched",
    "PutAbsence",
    "PutConsent",
    "PutRole",
    "Queue",
    "QueueRow",
    "Raise",
    "Recap",
    "SetDirection",
    "SetPin",
    "Validate",
    "Wait",
]

PUBLIC = (PunchPin, PunchSpecial, SetDirection, Raise, Lower, Cancel, GetMyRecord, GetConsent, *setup.PUBLIC)
RAISED = (
    PunchPaper, GetQueue, GetPhoto, Validate, SetPin, CallPresence, GetPresence, PutAbsence, DropAbsence,
    GetAbsences, GetRecap, CarryRecap, Explain, PutConsent, GetOwnData, CarryOwnData, *setup.RAISED,
)  # fmt: skip
AnyDesk = (
    PunchPin | PunchSpecial | PunchPaper | SetDirection | GetQueue | GetPhoto | Validate | SetPin | PutRole
    | Raise | Lower | Cancel | CallPresence | GetPresence | PutAbsence | DropAbsence | GetAbsences | GetRecap
    | CarryRecap | CarryOwnData | Explain | GetMyRecord | GetConsent | PutConsent | GetOwnData | Erase
    | setup.AnySetup
)  # fmt: skip
