# Part of returns_management. See LICENSE file for full copyright and licensing details.


def post_init_hook(env):
    """The disposition is there; each company gets a time limit to change."""
    env.ref('returns_management.disposition_repair').active = True
    env['returns.time.limit']._create_missing('repair')


def uninstall_hook(env):
    """Whatever waits for a repair waits for an inspector instead; what was repaired stays with its customer."""
    kind = env.ref('returns_management_repair.mail_activity_type_unrepaired')
    env['mail.activity'].search([('activity_type_id', '=', kind.id)]).unlink()
    env['returns.inspection']._part_from_repair()
