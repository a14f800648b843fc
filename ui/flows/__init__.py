"""What a person can do at the screen beside a tap, each as a generator of panes and questions."""

from __future__ import annotations

from ui.flows import faces, my_record, punches, raised
from ui.visit import Begin

FLOWS: dict[str, Begin] = {
    "pin": punches.by_pin,
    "special": punches.special,
    "my_record": my_record.mine,
    "digits": faces.digits,
    "operator": raised.desk_menu,
}
"""By the value of the key that begins them."""
