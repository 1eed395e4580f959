# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import returns_reason
from . import returns_policy
from . import returns_policy_rule
from . import returns_approval_group
from . import returns_team
from . import returns_team_member
from . import returns_approval_point
from . import returns_time_limit
from . import returns_pause
from . import returns_delegation
from . import returns_step
from . import returns_decision
from . import returns_request_line
from . import returns_request_line_verdict
from . import returns_request_line_advance
from . import returns_request
from . import returns_request_clock
from . import ir_attachment
from . import res_company
from . import res_config_settings
from . import res_partner
from . import mail_activity
from . import rating_rating
from . import resource_calendar
from . import sale_order
