# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import returns_repair_decide
from . import returns_repair_fail
