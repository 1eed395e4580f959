# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models

# What customers may read by themselves (RPC). Everything else, and every field to come, is ours.
CUSTOMER_FIELDS = frozenset({
    'id', 'display_name', 'create_date', 'write_date', 'request_id', 'sequence', 'company_id', 'partner_id',
    'sale_line_id', 'sale_order_id', 'product_id', 'uom_id', 'lot_ids', 'tracking', 'reason_id', 'reason_question',
    'reason_answer', 'resolution', 'exchange_product_id', 'quantity', 'quantity_approved', 'quantity_received',
    'quantity_accepted', 'quantity_settled', 'order_currency_id', 'amount',
    'state', 'return_deadline', 'rejection_note', 'is_returnless', 'condition', 'customer_verdict',
})


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    def _has_field_access(self, field, operation):
        allowed = self.env.su or self.env.user._is_internal() or (operation == 'read' and field.name in CUSTOMER_FIELDS)
        return allowed and super()._has_field_access(field, operation)

    def _get_announced_parts(self):
        """Where what is still to come of this line goes to.

        :return: [(warehouse, or ``res.partner``, open return picking or empty, quantity in ``uom_id``)]
        """
        self.ensure_one()
        moves = self.move_ids.filtered(
            lambda move: move.state not in ('done', 'cancel') and move._returns_is_receipt())
        parts = [
            (move.picking_type_id.warehouse_id, move.picking_id, self.uom_id.round(move.product_uom._compute_quantity(
                move.product_uom_qty, self.uom_id, rounding_method='HALF-UP')))
            for move in moves]
        rest = self.uom_id.round(self._get_quantity_awaited() - sum(part[2] for part in parts))
        if self.uom_id.compare(rest, 0.0) > 0:
            warehouse = self.request_id.warehouse_id or self.sale_line_id.order_id.warehouse_id
            parts.append((warehouse, moves.picking_id.browse(), rest))
        return parts

    def _prepare_customer_goods(self):
        """:return: what the line is about, in words"""
        self.ensure_one()
        return {
            'product': self.product_id.display_name,
            'order': '' if self.request_id.is_gift else self.sale_order_id.name or '',
            'lots': ", ".join(self.lot_ids.mapped('name')),
            'reason': self.reason_id.name or '',
        }

    def _prepare_customer_line(self):
        """The line as the customer sees it: plain values, nothing of how we got there."""
        self.ensure_one()
        status, tone = self._get_customer_status()
        return {
            **self._prepare_customer_goods(),
            'status': status, 'tone': tone,
            'resolution': self._get_resolution_label(),
            'question': self.reason_question if self.reason_answer else '',
            'answer': self.reason_answer or '',
            'asked': self._show(self.quantity),
            'figures': self._get_customer_figures(),
            'verdict': self._get_customer_verdict(),
            'refusal_title': self._get_refusal_title(),
            'refusal': self._get_refusal(),
        }

    def _get_customer_verdict(self):
        """:return: what the policy says about the customer's wish and, once it is settled, about the goods as found"""
        self.ensure_one()
        if self.state == 'draft':
            return []
        told = (self.customer_verdict or '').splitlines()
        if self.state in ('settlement', 'done'):
            for inspection in self._get_findings():
                told += (inspection._get_policy_note() or inspection._get_grade_note()).splitlines()
        return told

    def _get_resolution_label(self):
        """:return: what the customer wishes, in words"""
        label = self._get_label('resolution')
        if not self._is_exchanged_for_other():
            return label
        return self.env._("%(exchange)s for %(product)s", exchange=label,
                          product=self.exchange_product_id.sudo().display_name)

    def _get_label(self, name):
        return dict(self._fields[name]._description_selection(self.env)).get(self[name], '')

    def _show(self, quantity):
        return self.request_id._show_quantity(quantity, self.uom_id)

    def _get_customer_status(self):
        """:return: (plain words, tone) for where the line stands"""
        self.ensure_one()
        if self.is_no_action:
            return self.env._("You keep it"), 'light'
        nothing = self.uom_id.is_zero(self.quantity_settled)
        if self.state == 'approved' and self._is_awaited_on_site():
            return self.env._("We inspect it at your place"), 'info'
        if self.state == 'settlement':
            return self.request_id._get_resolution_words().get(
                self.resolution, self.env._("Being completed")), 'info'
        if self.state == 'done' and self.resolution != 'none':
            return (self.env._("Not accepted"), 'danger') if nothing else (self._get_settled_words(), 'success')
        return {
            'draft': (self.env._("In preparation"), 'light'),
            'review': (self.env._("Being checked"), 'info'),
            'approved': (self.env._("Please send it back"), 'warning'),
            'received': (self.env._("Being inspected"), 'info'),
            'final_review': (self.env._("Being inspected"), 'info'),
            'done': (self.env._("Closed"), 'success'),
            'rejected': (self.env._("Refused"), 'danger'),
            'cancelled': (self.env._("Cancelled"), 'light'),
        }[self.state]

    def _get_settled_words(self):
        """:return: what the customer got; bridges add theirs"""
        return {
            'refund': self.env._("Credited"),
            'store_credit': self.env._("Credited to your account"),
            'exchange': self.env._("Replaced"),
        }.get(self.resolution, self.env._("Settled"))

    def _get_customer_figures(self):
        """How many pieces got how far. What is not known yet, or not yet decided, stays open.

        :return: [(label, quantity in words, or empty where it is open)]
        """
        self.ensure_one()
        if self.state in ('draft', 'review') or self.state == 'cancelled' and not self.request_id.date_approved:
            return []
        cleared = self.state in ('settlement', 'done')
        if self.is_no_action:
            return []
        never = self.state in ('rejected', 'cancelled') and not self.quantity_received
        over = self.state == 'done'
        settled = sum(self.settlement_ids.filtered(lambda settlement: settlement.state == 'done').mapped('quantity'))
        # What inspectors accepted is known to the customer when nobody decides about it any more.
        accepted = self.quantity_accepted if cleared else min(self.quantity_accepted, settled)
        figures = [(self.env._("Approved"), self.quantity_approved, True)]
        if not (self.is_returnless or never):
            figures += [
                (self.env._("Received"), self.quantity_received, cleared),
                (self.env._("Accepted"), accepted, cleared),
            ]
        if self.resolution != 'none' and not never:
            figures.append((self._get_settled_label(), settled, over))
        return [
            (label, self._show(quantity) if known or not self.uom_id.is_zero(quantity) else '')
            for label, quantity, known in figures
        ]

    def _get_settled_label(self):
        """:return: what the pieces are that the customer got something for; bridges know more resolutions"""
        self.ensure_one()
        return self.env._("Replaced") if self.resolution == 'exchange' else self.env._("Credited")

    def _get_refusal(self):
        """:return: why the customer gets less than they asked for, in the words meant for them"""
        self.ensure_one()
        if self.state in ('draft', 'review'):
            return ''
        return self.rejection_note or (self.policy_note if self.policy_status == 'refused' else '') or ''

    def _get_refusal_title(self):
        self.ensure_one()
        if self.state == 'rejected':
            return self.env._("Why we refuse it")
        if self.is_no_action:
            return self.env._("Closed: you keep it, and nothing is paid")
        if self.quantity_closed:
            return self.env._("Closed")
        if self.quantity_received and not self.quantity_accepted:
            return self.env._("Why we do not accept it")
        return self.env._("Why we approved less")
