# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import test_tools_apportion
from . import test_tools_clock
from . import test_tools_policy
from . import test_tools_road
from . import test_tools_tally
from . import test_road
from . import test_money_by_hand
from . import test_money_credit_notes
from . import test_money_drafts
from . import test_money_orders
from . import test_money_properties
from . import test_money_rights
from . import test_goods
from . import test_goods_hooks
from . import test_goods_lots
from . import test_goods_warehouse
from . import test_bulk
from . import test_demo
from . import test_mail
from . import test_portal
from . import test_tour
from . import test_rights_cheats
from . import test_screens
from . import test_committee
