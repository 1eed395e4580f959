# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import test_carrier
from . import test_delivery_charges
from . import test_portal
