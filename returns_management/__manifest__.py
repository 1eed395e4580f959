# Part of returns_management. See LICENSE file for full copyright and licensing details.

{
    'name': "Returns Management",
    'summary': "Customer returns from the request to the posted credit note",
    'version': '19.0.1.0.0',
    'category': 'Sales/Sales',
    'license': 'LGPL-3',
    'author': "Returns Management Contributors",
    'website': "https://github.com/returns-management/returns_management",
    'application': True,
    'depends': ['sale_management', 'sale_stock', 'portal', 'rating'],
    'data': [
        'security/returns_security.xml',
        'security/ir.model.access.csv',
        'security/ir_rule.xml',
        'data/ir_sequence_data.xml',
        'data/mail_activity_type_data.xml',
        'data/product_data.xml',
        'data/returns_disposition_data.xml',
        'data/returns_reason_data.xml',
        'data/returns_root_cause_data.xml',
    ],
    'post_init_hook': 'post_init_hook',
    'uninstall_hook': 'uninstall_hook',
}
