# Part of returns_management. See LICENSE file for full copyright and licensing details.


def uninstall_hook(env):
    """What a card's history says of returns stays, about their orders: the returns may go next."""
    env.cr.execute("""
        UPDATE loyalty_history SET order_id = returns_order_id,
               order_model = CASE WHEN returns_order_id IS NOT NULL THEN 'sale.order' END
         WHERE order_model = 'returns.request'""")
