# Part of returns_management. See LICENSE file for full copyright and licensing details.


def uninstall_hook(env):
    """What was to go to a vendor comes to us."""
    env['returns.request.line']._part_from_dropshipping()
