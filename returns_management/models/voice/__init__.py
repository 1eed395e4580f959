# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import mail_mail
from . import mail_template
from . import res_company
from . import res_config_settings
from . import returns_link_request
from . import mail_thread
from . import returns_mail
from . import returns_policy
from . import returns_policy_rule
from . import returns_reason
from . import returns_request
from . import returns_request_dispute
from . import returns_request_line
from . import returns_request_mail
from . import returns_request_page
from . import returns_request_payout
from . import returns_discrepancy
from . import returns_request_risk
from . import returns_team
from . import returns_request_told
from . import returns_request_rating
from . import returns_pause
from . import returns_complaint
from . import returns_request_withdrawal
from . import sale_order
