# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import test_repair
from . import test_repair_clock
from . import test_repair_roles
from . import test_unrepaired
from . import test_unrepaired_value
