# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""Pure rules of the add-on: values in, values out, no environment and no database."""

from . import apportion, clock, policy, road, tally
