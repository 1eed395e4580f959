# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models
from odoo.tools import format_date

# How far on the customer's road a request of each state is.
PLACES = {
    'draft': 'request', 'review': 'decision', 'approved': 'sending', 'received': 'inspection',
    'final_review': 'inspection', 'settlement': 'money', 'done': None,
}


class ReturnsRequest(models.Model):
    """The customer's page of a request: plain values only, so that no template can show more."""
    _inherit = 'returns.request'

    def _prepare_customer_page(self):
        """:return: everything the page shows, but links: whoever renders knows who is reading"""
        self.ensure_one()
        status, tone = self._get_customer_status()
        return {
            'name': self.name,
            'date': self._show_date(self.date_submitted or self.date_requested),
            'status': status, 'tone': tone,
            'contact': self.user_id.name or '',
            'note': self.customer_note or '',
            'ask': self._prepare_customer_ask(),
            'promises': self._prepare_customer_promises(),
            'road': self._prepare_customer_road(),
            'lines': [line._prepare_customer_line() for line in self.line_ids],
            'may_dispute': any(line._may_be_disputed() for line in self.line_ids),
            'parcels': self._prepare_return_parcels(),
            'pickup': self._prepare_pickup(),
            'tracking': self._prepare_tracking(),
            'replacements': self._prepare_customer_replacements(),
            'conditions': list(dict.fromkeys(
                rule.conditions for rule in self.line_ids.rule_id if rule.conditions)),
        }

    # ------------------------------------------------------------------
    # What we need from the customer now
    # ------------------------------------------------------------------

    def _prepare_customer_ask(self):
        """:return: {'title', 'text', 'tone', 'is_urgent'}: the one thing the customer should know"""
        self.ensure_one()
        title, text = getattr(self, f'_ask_{self.state}')()
        due = self._get_current_due_date()
        if due and due < fields.Datetime.now():
            if self.state == 'approved' and self.date_ship_by:
                text = self.env._("The date has passed. Send the goods now, or write to us below if you cannot.")
            elif self.state == 'review' or self._is_money_due():
                text = self.env._("We are late with this, and sorry for it. You do not have to do anything.")
        return {'title': title, 'text': text, 'tone': self._get_customer_status()[1]}

    def _ask_draft(self):
        return self.env._("This request is being prepared"), self.env._("Nothing is asked of you yet.")

    def _ask_review(self):
        text = self.env._("You do not have to do anything. Please keep the goods until you hear from us.")
        return self.env._("We are checking your request"), text

    def _ask_approved(self):
        if self.date_receipt_due:
            return self.env._("The goods are on their way to us"), self.env._("You do not have to do anything.")
        if self.shipping_method == 'pickup':
            text = self.env._("Please have the goods packed, with the return slip in the parcel.")
            if not self._name_pickup_day():
                text = self.env._("%s We write to you about the day.", text)
            return self.env._("We fetch the goods at your place"), f"{text} {self._get_freight_words()}".strip()
        text = self.env._("Print the return slip, put it into the parcel and send the parcel to the address below.")
        return self.env._("Please send the goods back"), f"{text} {self._get_freight_words()}".strip()

    def _get_freight_words(self):
        """:return: who pays the way back of what is to be sent, by the policy; empty where nothing is"""
        self.ensure_one()
        lines = self._get_lines_to_send().filtered('shipping_paid_by')
        theirs = lines.filtered(lambda line: line.shipping_paid_by == 'customer')
        if not theirs:
            return self.env._("We pay the way back.") if lines else ""
        if theirs == lines:
            is_kept = self.freight_amount and self.freight_paid_by == 'customer' and not set(
                lines.mapped('resolution')) - {'refund', 'store_credit'}
            return self.env._("You pay the way back: %s are kept of what you get.", self.currency_id.format(
                self.freight_amount)) if is_kept else self.env._("You pay the way back.")
        return self.env._("You pay the way back of %s; we pay it for the rest.", ", ".join(
            theirs.product_id.mapped('display_name')))

    def _ask_received(self):
        text = self.env._("You do not have to do anything. We inspect them and tell you what comes of it.")
        return self.env._("Your goods are here"), text

    def _ask_final_review(self):
        return self._ask_received()

    def _ask_settlement(self):
        return self._get_settlement_words(), self.env._("You do not have to do anything.")

    def _ask_done(self):
        done = self.settlement_ids.filtered(lambda settlement: settlement.state == 'done')
        kinds = set(done.mapped('kind'))
        amounts = ", ".join(
            currency.format(sum(part.mapped('amount')))
            for currency, part in done.filtered('refund_line_id').grouped('currency_id').items()
        ) if not self.is_gift else ""
        sentences = self._get_settled_sentences()
        texts = [text for text in (
            amounts and self.env._("We credited you %s.", amounts),
            self.is_gift and 'credit' in kinds and self.env._("We credited it to your account."),
            *(sentences[kind] for kind in sentences if kind in kinds)) if text]
        return self.env._("This return is closed"), " ".join(texts) or self.env._("You do not have to do anything.")

    def _get_settled_sentences(self):
        """:return: {kind of settlement: what the customer got by it}; bridges add theirs"""
        return {
            'uninvoiced': self.env._("You are not charged for goods that we had not invoiced yet."),
            'exchange': self.env._("We sent you a replacement."),
        }

    def _ask_rejected(self):
        if any(line._may_be_disputed() for line in self.line_ids):
            text = self.env._("You find the reason below. If you see it differently, object to it there, once.")
        else:
            text = self.env._("You find the reason below. If you have a question, write to us at the end of this page.")
        return self.env._("We cannot take these goods back"), text

    def _ask_cancelled(self):
        return self.env._("This request was cancelled"), self.env._("Please do not send the goods.")

    # ------------------------------------------------------------------
    # Promises
    # ------------------------------------------------------------------

    def _prepare_customer_promises(self):
        """:return: [(label, date in words)]: what holds now, and what is known of what comes after"""
        self.ensure_one()
        if self.state in ('done', 'rejected', 'cancelled'):
            return []
        promises = []
        if self.state == 'review':
            promises.append((self.env._("Decision by"), self.date_decision_due))
        if self._get_lines_to_send() and not self.date_receipt_due:
            promises.append((self.env._("Send back by"), self.date_ship_by))
        if self._is_money_due() and self.state != 'review':
            promises.append((self.env._("Money by"), self.date_refund_due))
        words = [(label, self._show_date(due)) for label, due in promises if due]
        return ([(self.env._("We fetch it"), self._get_pickup_promise())] if self._is_to_fetch() else []) + words

    # ------------------------------------------------------------------
    # The road
    # ------------------------------------------------------------------

    def _prepare_customer_road(self):
        """The stages of the return in the customer's words.

        :return: [{'title', 'text', 'date', 'state': 'done', 'now', 'next' or 'stop'}], in their order
        """
        self.ensure_one()
        stages = [stage for stage in (
            self._stage_request(), self._stage_decision(), self._stage_sending(), self._stage_arrival(),
            self._stage_inspection(), self._stage_money(), self._stage_end()) if stage]
        if any(stage.get('state') == 'stop' for stage in stages):
            stages = stages[:[stage.get('state') for stage in stages].index('stop') + 1]
        place = PLACES.get(self.state)
        keys = [stage['key'] for stage in stages]
        here = keys.index(place) if place in keys else len(keys)
        for position, stage in enumerate(stages):
            stage.setdefault('state', 'done' if position < here else 'now' if position == here else 'next')
            if stage['state'] == 'next':
                stage['date'] = ''
        return stages

    def _stage(self, key, title, moment=None, text='', **values):
        return {'key': key, 'title': title, 'date': self._show_date(moment), 'text': text, **values}

    def _stage_request(self):
        return self._stage('request', self.env._("Request received"), self.date_submitted or self.date_requested)

    def _stage_decision(self):
        if self.state == 'rejected':
            reasons = list(dict.fromkeys(filter(None, (line._get_refusal() for line in self.line_ids))))
            return self._stage('decision', self.env._("Refused"), self.date_done, "\n".join(reasons), state='stop')
        if self.state in ('draft', 'review'):
            due = self._show_date(self.date_decision_due)
            text = self.env._("Until %s", due) if self.state == 'review' and due else ''
            return self._stage('decision', self.env._("We decide"), text=text)
        if self.state == 'cancelled' and not self.date_approved:
            return None
        under_way = self._get_lines_under_way()
        if not under_way and self.state == 'done':  # all of it is kept
            return None
        less = under_way < self.line_ids or any(
            line.uom_id.compare(line.quantity_approved, line.quantity) < 0 for line in under_way)
        title = self.env._("Approved in part") if less and self.state != 'cancelled' else self.env._("Approved")
        return self._stage('decision', title, self.date_approved)

    def _has_goods_to_come(self):
        """Whether goods come back in this request, or came back."""
        return bool(self._get_lines_under_way().filtered(lambda line: not line.is_returnless))

    def _stage_sending(self):
        if not self._has_goods_to_come():
            return None
        is_coming = self.state in ('draft', 'review', 'approved')
        if self.shipping_method == 'pickup':
            if is_coming and not self.date_picked_up:
                return self._stage('sending', self.env._("We fetch the goods"), text=(
                    self._get_pickup_promise() if self._is_to_fetch() else ''))
            return self._stage('sending', self.env._("We fetched the goods"), self.date_picked_up)
        if is_coming:
            due = self._show_date(self.date_ship_by)
            return self._stage('sending', self.env._("You send the goods back"), text=(
                self.env._("Until %s", due) if self.state == 'approved' and due else ''))
        return self._stage('sending', self.env._("You sent the goods back"))

    def _stage_arrival(self):
        if not self._has_goods_to_come():
            return None
        text = ''
        if self.date_received and self._get_lines_to_send():
            text = self.env._("A part has arrived on %s", self._show_date(self.date_received))
        return self._stage('arrival', self.env._("Goods received"), self.date_received, text)

    def _stage_inspection(self):
        if not self._has_goods_to_come() and not self.line_ids.site_inspection_ids:
            return None
        last = max(self.line_ids._get_findings().mapped('date_done'), default=None)
        text = self.env._("We decide on what was found") if self.state == 'final_review' else ''
        return self._stage('inspection', self.env._("Goods inspected"), last, text)

    def _stage_money(self):
        lines = self._get_lines_under_way().filtered(lambda line: line.resolution != 'none')
        if self.state == 'done':
            lines = lines.filtered('quantity_settled')
        if not lines:
            return None
        title = self._get_money_title(set(lines.mapped('resolution')))
        due = self._show_date(self.date_refund_due)
        text = self.env._("Until %s", due) if due and not self.date_refunded and self._is_money_due() else ''
        if self.state == 'done':
            return self._stage_money_given(title, 'refund' in lines.mapped('resolution'))
        return self._stage('money', title, self.date_refunded, text)

    def _stage_money_given(self, title, is_paid):
        """:param bool is_paid: whether the customer gets money, not only goods or credit"""
        if is_paid and self._get_notes_to_pay():
            return self._stage('money', self.env._("Credited to you"), self.date_refunded, self.env._(
                "What is open in your favour is still to be paid to you."))
        paid = self.payout_ids.filtered(lambda payout: payout.state == 'done' and payout.date_paid)
        return self._stage('money', title, max(paid.mapped('date_paid'), default=None) or self.date_refunded)

    def _get_money_title(self, resolutions):
        """:return: what the customer gets in the end; bridges know more resolutions"""
        if resolutions <= {'refund', 'store_credit'}:
            return self.env._("Money back") if 'refund' in resolutions else self.env._("Credit on your account")
        if resolutions == {'exchange'}:
            return self.env._("Replacement")
        return self.env._("Money and replacement")

    def _stage_end(self):
        if self.state == 'cancelled':
            return self._stage('end', self.env._("Cancelled"), self.date_done, state='stop')
        title = self.env._("Closed") if self._get_lines_under_way() else self.env._("Closed: you keep the goods")
        return self._stage('end', title, self.date_done)

    # ------------------------------------------------------------------
    # Documents
    # ------------------------------------------------------------------

    def _get_shown_orders(self):
        """:return: the orders that the customer may be told of: who got a gift is not told what it was bought on"""
        self.ensure_one()
        return self.sale_order_ids.browse() if self.is_gift else self.sale_order_ids

    def _get_shown_credit_notes(self):
        """:return: the posted credit notes, oldest first; drafts are ours"""
        self.ensure_one()
        return self.sudo().refund_ids.filtered(lambda note: note.state == 'posted').sorted('id')

    def _prepare_customer_credit_notes(self):
        """:return: [{'id', 'name', 'date', 'amount', 'part', 'invoice', 'open'}], amounts in words

        ``part`` is set where the credit note is about other returns too; ``open`` is what is still
        to be paid out or set off.
        """
        self.ensure_one()
        rows = []
        for note in self._get_shown_credit_notes():
            currency = note.currency_id
            if self.is_gift:  # what the goods cost is the buyer's secret
                rows.append({
                    'id': note.id, 'name': note.name, 'amount': '', 'part': '', 'invoice': '', 'open': '',
                    'date': format_date(self.env, note.invoice_date, date_format='medium')})
                continue
            part = sum(settlement.amount for settlement in self.sudo().settlement_ids
                       if settlement.refund_line_id.move_id == note and settlement.state == 'done')
            rows.append({
                'id': note.id, 'name': note.name,
                'date': format_date(self.env, note.invoice_date, date_format='medium'),
                'amount': currency.format(note.amount_total),
                'part': currency.format(part) if currency.compare_amounts(part, note.amount_total) else '',
                'invoice': note.reversed_entry_id.name or '',
                'open': currency.format(note.amount_residual) if note.amount_residual else '',
            })
        return rows

    def _prepare_customer_replacements(self):
        """:return: [{'name', 'text'}] of the deliveries that replace what came back"""
        self.ensure_one()
        return [{
            'name': picking.name,
            'text': (self.env._("shipped on %s", self._show_date(picking.date_done)) if picking.state == 'done'
                     else self.env._("being prepared")),
        } for picking in self.sudo().exchange_picking_ids if picking.state != 'cancel']
