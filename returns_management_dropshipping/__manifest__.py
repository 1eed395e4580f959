# Part of returns_management. See LICENSE file for full copyright and licensing details.

{
    'name': "Returns Management: Dropshipping",
    'summary': "Drop-shipped goods come back to us, or go to the vendor",
    'version': '19.0.1.0.0',
    'category': 'Sales/Sales',
    'license': 'LGPL-3',
    'author': "Returns Management Contributors",
    'website': "https://github.com/returns-management/returns_management",
    'depends': ['returns_management_purchase', 'stock_dropshipping'],
    'data': [
        'views/returns_inspection_views.xml',
        'views/returns_policy_rule_views.xml',
        'views/returns_request_line_views.xml',
        'views/returns_request_views.xml',
    ],
    'uninstall_hook': 'uninstall_hook',
    'auto_install': True,
}
