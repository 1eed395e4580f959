# Part of returns_management. See LICENSE file for full copyright and licensing details.

{
    'name': "Returns Management: Repair",
    'summary': "Returned goods go to repair, and are inspected again",
    'version': '19.0.1.0.0',
    'category': 'Sales/Sales',
    'license': 'LGPL-3',
    'author': "Returns Management Contributors",
    'website': "https://github.com/returns-management/returns_management",
    'depends': ['returns_management', 'repair'],
    'data': [
        'security/ir.model.access.csv',
        'security/ir_rule.xml',
        'data/mail_activity_type_data.xml',
        'data/mail_template_data.xml',
        'data/returns_mail_data.xml',
        'wizard/returns_repair_decide.xml',
        'wizard/returns_repair_fail.xml',
        'views/repair_order_views.xml',
        'views/returns_inspection_views.xml',
        'views/returns_policy_rule_views.xml',
        'views/returns_request_views.xml',
    ],
    'post_init_hook': 'post_init_hook',
    'uninstall_hook': 'uninstall_hook',
    'auto_install': True,
}
