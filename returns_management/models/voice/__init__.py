# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import returns_request
from . import returns_request_line
from . import returns_request_page
