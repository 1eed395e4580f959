# Part of returns_management. See LICENSE file for full copyright and licensing details.

{
    'name': "Returns Management: Purchase",
    'summary': "Returned goods go back to the vendor who sold them",
    'version': '19.0.1.0.0',
    'category': 'Sales/Sales',
    'license': 'LGPL-3',
    'author': "Returns Management Contributors",
    'website': "https://github.com/returns-management/returns_management",
    'depends': ['returns_management', 'purchase_stock'],
    'auto_install': True,
}
