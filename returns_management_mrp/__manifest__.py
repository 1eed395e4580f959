# Part of returns_management. See LICENSE file for full copyright and licensing details.

{
    'name': "Returns Management: Manufacturing",
    'summary': "Kits come back whole, or one component of them",
    'version': '19.0.1.0.0',
    'category': 'Sales/Sales',
    'license': 'LGPL-3',
    'author': "Returns Management Contributors",
    'website': "https://github.com/returns-management/returns_management",
    'depends': ['returns_management', 'sale_mrp'],
    'data': [
        'security/ir.model.access.csv',
        'security/ir_rule.xml',
        'views/returns_request_views.xml',
    ],
    'auto_install': True,
}
