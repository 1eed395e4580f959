# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import guest
from . import portal
from . import complaint
from . import withdrawal
from . import portal_ask
