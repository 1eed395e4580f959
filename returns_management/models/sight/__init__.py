# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import returns_report
from . import returns_inspection
from . import returns_request
from . import returns_policy_rule
from . import returns_step
from . import sale_order
from . import returns_work_order
from . import returns_inspection_report
