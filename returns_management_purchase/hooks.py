# Part of returns_management. See LICENSE file for full copyright and licensing details.


def post_init_hook(env):
    """The disposition is there; each company gets a time limit to change."""
    env.ref('returns_management.disposition_vendor').active = True
    env['returns.time.limit']._create_missing('vendor')


def uninstall_hook(env):
    """What waits to be sent to a vendor waits for an inspector instead; what was sent stays sent."""
    env['returns.inspection']._part_from_vendors()
