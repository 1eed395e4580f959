# Part of returns_management. See LICENSE file for full copyright and licensing details.

{
    'name': "Returns Management: Delivery",
    'summary': "Carriers' labels, pick-ups and tracking for returns",
    'version': '19.0.1.0.0',
    'category': 'Sales/Sales',
    'license': 'LGPL-3',
    'author': "Returns Management Contributors",
    'website': "https://github.com/returns-management/returns_management",
    'depends': ['returns_management', 'stock_delivery'],
    'data': [
        'security/ir.model.access.csv',
        'views/returns_portal_templates.xml',
        'views/returns_request_views.xml',
    ],
    'auto_install': True,
}
