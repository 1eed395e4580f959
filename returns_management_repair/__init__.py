# Part of returns_management. See LICENSE file for full copyright and licensing details.

from . import models
from . import wizard
from .hooks import post_init_hook, uninstall_hook
