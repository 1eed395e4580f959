# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import test_tools_kit
from . import test_kit_dock
from . import test_kits
from . import test_kit_money
from . import test_kit_properties
