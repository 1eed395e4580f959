"""The pictures of README and docs. Add one here and run ./dev screenshots NAME.

name    docs/images/NAME.png
login   who looks, one of the demo's users (the password is the login); "" for a visitor
url     {module.name} in it stands for the id of that record
wait    what has to be on the screen, a CSS selector
click   what is clicked before, CSS selectors in their order
size    width and height of the window; PHONE for a telephone
"""

from typing import NamedTuple

PHONE = (390, 844)


class Shot(NamedTuple):
    name: str
    login: str
    url: str
    wait: str = ".o_action_manager .o_view_controller"
    click: tuple = ()
    size: tuple = (1440, 900)


SHOTS = (Shot("requests", "admin", "/odoo/action-returns_management.returns_request_action"),)
