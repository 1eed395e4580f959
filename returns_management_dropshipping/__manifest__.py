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
    'auto_install': True,
}
