# Part of returns_management. See LICENSE file for full copyright and licensing details.

from base64 import b64encode

from reportlab.graphics.barcode import createBarcodeDrawing

from odoo import api, models
from odoo.tools import format_date, formatLang

# What customers may read by themselves (RPC). Everything else, and every field to come, is ours.
CUSTOMER_FIELDS = frozenset({
    'id', 'display_name', 'create_date', 'write_date', 'name', 'company_id', 'currency_id', 'partner_id',
    'commercial_partner_id', 'user_id', 'channel', 'priority', 'round', 'state', 'customer_note', 'line_ids',
    'sale_order_ids', 'shipping_method', 'date_pickup', 'pickup_window', 'date_pickup_due', 'date_picked_up',
    'carrier_name', 'tracking_ref', 'tracking_url', 'amount_requested', 'amount_refunded', 'date_requested', 'date_submitted',
    'date_approved', 'date_ship_by', 'date_received', 'date_decision_due', 'date_refund_due', 'date_refunded',
    'date_done', 'is_late', 'access_url', 'access_token', 'access_warning', 'website_message_ids',
})


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    # ------------------------------------------------------------------
    # What customers may do by themselves
    # ------------------------------------------------------------------

    def _has_field_access(self, field, operation):
        allowed = self.env.su or self.env.user._is_internal() or (operation == 'read' and field.name in CUSTOMER_FIELDS)
        return allowed and super()._has_field_access(field, operation)

    # ------------------------------------------------------------------
    # The customer's words, in the language of the context
    # ------------------------------------------------------------------

    def _is_shown_to_customer(self):
        """Whether the customer may see the request. What our people are still writing stays with them."""
        self.ensure_one()
        return bool(self.filtered_domain(self._get_customer_domain()))

    @api.model
    def _get_customer_domain(self):
        """:return: domain of the requests that a customer may see, whoever the customer is"""
        return ['|', '|', ('date_submitted', '!=', False), ('channel', '=', 'portal'), ('round', '>', 1)]

    def _get_customer_status(self):
        """:return: (plain words, tone) for where the request stands; tones are Bootstrap's"""
        self.ensure_one()
        if self.state == 'settlement':
            return self._get_settlement_words(), 'info'
        return {
            'draft': (self.env._("In preparation"), 'light'),
            'review': (self.env._("Being checked"), 'info'),
            'approved': self._get_sending_status(),
            'received': (self.env._("Goods received"), 'info'),
            'final_review': (self.env._("Goods received"), 'info'),
            'done': (self.env._("Closed"), 'success'),
            'rejected': (self.env._("Refused"), 'danger'),
            'cancelled': (self.env._("Cancelled"), 'light'),
        }[self.state]

    def _get_sending_status(self):
        if self.date_receipt_due:
            return self.env._("On its way to us"), 'info'
        if self.shipping_method == 'pickup':
            return self.env._("We fetch it"), 'warning'
        return self.env._("Please send it back"), 'warning'

    def _get_settlement_words(self):
        """:return: what the customer is getting"""
        resolutions = set(self._get_lines_under_way().mapped('resolution')) - {'none'}
        if not resolutions:
            return self.env._("Being completed")
        return self._get_resolution_words().get(
            resolutions.pop() if len(resolutions) == 1 else None, self.env._("Being settled"))

    def _get_resolution_words(self):
        """:return: {resolution: what the customer is getting by it}; bridges add theirs"""
        return {
            'refund': self.env._("Money on its way"),
            'store_credit': self.env._("Credit on its way"),
            'exchange': self.env._("Replacement on its way"),
        }

    def _get_customer_promise(self):
        """:return: (label, date in words) of the promise that counts now, or False"""
        self.ensure_one()
        label = {
            'review': self.env._("Decision by"),
            'approved': self.env._("Send back by"),
            'received': self.env._("Money by"),
            'final_review': self.env._("Money by"),
            'settlement': self.env._("Money by"),
        }.get(self.state)
        if self._is_to_fetch():
            return self.env._("We fetch it"), self._get_pickup_promise()
        due = self._get_current_due_date()
        if not (label and due) or label == self.env._("Money by") and not self._is_money_due():
            return False
        return label, self._show_date(due)

    def _get_pickup_promise(self):
        """:return: when we fetch the goods: as agreed, else by the deadline"""
        return self._name_pickup_day() or self.env._("by %s", self._show_date(self.date_pickup_due))

    def _is_money_due(self):
        """Whether the customer is to get money, or credit, for at least one line."""
        return bool(self._get_lines_under_way().filtered(lambda line: line.resolution in ('refund', 'store_credit')))

    def _get_lines_under_way(self):
        """:return: the lines that are neither refused nor cancelled, nor kept without any action"""
        return self.line_ids.filtered(lambda line: line.state not in ('rejected', 'cancelled') and not line.is_no_action)

    def _is_cut_down(self):
        """Whether the customer gets less than they asked for, with a reason."""
        return any(line._get_refusal() for line in self.line_ids)

    def _show_date(self, moment):
        """:return: the day of ``moment`` in words, where the customer is"""
        if not moment:
            return ''
        tz = self.partner_id.tz or self.company_id.resource_calendar_id.tz or 'UTC'
        return format_date(self.with_context(tz=tz).env, moment, date_format='medium')

    def _show_quantity(self, quantity, uom):
        """:return: a quantity as one writes it; the unit is named unless it is the piece"""
        whole = uom.compare(quantity, round(quantity)) == 0
        number = formatLang(self.env, quantity, **({'digits': 0} if whole else {'dp': 'Product Unit'}))
        piece = self.env['ir.model.data']._xmlid_to_res_id('uom.product_uom_unit')  # cached, unlike ref()
        return number if uom.id == piece else f'{number} {uom.name}'

    def _get_customer_url(self):
        """:return: the full address of the customer's page, which lets them in, and write, without an account"""
        self.ensure_one()
        return self.get_base_url() + self.get_portal_url()

    def _get_report_base_filename(self):
        self.ensure_one()
        return self.env._("Return Slip - %s", self.name)

    # ------------------------------------------------------------------
    # The parcel
    # ------------------------------------------------------------------

    def _prepare_return_parcels(self):
        """What the customer still has to send, one parcel for each place it goes to.

        :return: [{'address': [text], 'receipts': names, 'lines': [{'product', 'quantity', …}]}], plain values
        """
        self.ensure_one()
        parcels = {}
        for line in self.sudo()._get_lines_to_send():
            for warehouse, receipt, quantity in line._get_announced_parts():
                parcel = parcels.setdefault(warehouse, {'receipts': [], 'lines': {}})
                if receipt and receipt.name not in parcel['receipts']:
                    parcel['receipts'].append(receipt.name)
                parcel['lines'][line] = parcel['lines'].get(line, 0.0) + quantity
        return [{
            'address': self._show_address(self._get_recipient(warehouse)),
            'sender': self._show_address(self.sudo()._get_sender()),
            'receipts': ", ".join(parcel['receipts']),
            'lines': [{
                **line._prepare_customer_goods(), 'quantity': self._show_quantity(quantity, line.uom_id),
            } for line, quantity in parcel['lines'].items()],
        } for warehouse, parcel in parcels.items()]

    def _get_barcode_image(self):
        """:return: the request's name as a barcode, as an address for an image

        A drawing, unlike the pixels of core's barcode widget: sharp on paper, and drawn without
        a library that reportlab 4 no longer brings along.
        """
        self.ensure_one()
        drawing = createBarcodeDrawing('Code128', value=self.name, barWidth=2, barHeight=70, quiet=1)
        return f"data:image/svg+xml;base64,{b64encode(drawing.asString('svg').encode()).decode()}"

    @staticmethod
    def _get_recipient(place):
        """:param place: the warehouse, or the ``res.partner``, that goods are sent to
        :return: the partner whose address that is
        """
        return place if place._name == 'res.partner' else place.partner_id or place.company_id.partner_id

    def _get_sender(self):
        """:return: whose address stands on the label as the sender's: where we fetch the goods, where they were delivered,
            or the customer's; who got a gift is not told where its buyer lives
        """
        self.ensure_one()
        if self._is_to_fetch():
            return self._get_pickup_place()
        delivered = self._get_shown_orders().partner_shipping_id
        return delivered if len(delivered) == 1 else self.partner_id

    def _show_address(self, partner):
        """:return: the lines of an address"""
        address = [
            partner.name or partner.parent_id.name, *partner._display_address(without_company=True).splitlines(),
            partner.phone]
        return [text.strip() for text in address if text and text.strip()]

    def _prepare_pickup(self):
        """:return: {'address': [text], 'when', 'contact', 'carrier'} where we are to fetch the goods, else False"""
        self.ensure_one()
        if not self._is_to_fetch():
            return False
        return {
            'address': self._show_address(self.sudo()._get_pickup_place()),
            'when': self._get_pickup_promise(), 'is_agreed': bool(self._name_pickup_day()),
            'contact': self.pickup_contact or '', 'carrier': self.carrier_name or '',
        }
