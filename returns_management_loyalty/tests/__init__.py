# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import test_loyalty
from . import test_portal_credit
from . import test_store_credit
