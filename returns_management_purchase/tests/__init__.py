# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import test_vendor_book
from . import test_vendor_claim
from . import test_vendor_clock
from . import test_vendor_credit
from . import test_vendor_rights
from . import test_vendor_roles
