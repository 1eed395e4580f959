# Part of returns_management. See LICENSE file for full copyright and licensing details.

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from odoo import Command, api, models
from odoo.fields import Domain
from odoo.tools import format_date

from ...tools import policy
from ...tools.ask import Wish
from ..returns_guard import as_flow


@dataclass
class Offer:
    """What a customer may ask about the goods of one order line.

    Quantities are in the order line's unit. ``excluded``: why none of it may come back, in words; ``late``: why not for
    any reason, only for those of quality, or only by our leave. ``resolutions``: what the rule offers, {code: words}.
    ``line``: a request line in memory, for who looks more closely; ``lots``: ``stock.lot`` that are at the customer;
    ``variants``: products that it may be exchanged for.
    """

    sale_line: Any
    line: Any
    free: float
    note: str = ''
    excluded: str = ''
    late: str = ''
    until: str = ''
    resolutions: dict = field(default_factory=dict)
    fee: Decimal = Decimal(0)
    demands_condition: bool = False
    lots: Any = ()
    variants: Any = ()

    def is_counted(self):
        """Whether the goods come in whole pieces: units may take fractions of anything, people send back whole things"""
        piece = self.line.env['ir.model.data']._xmlid_to_res_id('uom.product_uom_unit')
        return self.sale_line.product_uom_id.id == piece and self.free == round(self.free)

    def _prepare_form_values(self, form, questions):
        """:param dict form: see ``sale.order.line._prepare_returns_form``
        :param dict questions: {id of a reason, as the form sends it: its question}
        :return: what the form shows of it: plain values
        """
        sale_line, line = self.sale_line, self.line
        unit, wish = sale_line.product_uom_id, form['wishes'].get(sale_line.id)
        show = line.request_id._show_quantity
        typed = wish or Wish()
        conditions = line._fields['condition']._description_selection(line.env)
        is_single = unit.compare(self.free, 1.0) == 0
        return {
            'id': sale_line.id, 'name': sale_line.product_id.display_name, 'unit': unit.name,
            'free': show(self.free, unit), 'most': f'{self.free:.10g}', 'note': self.note, 'excluded': self.excluded,
            'late': self.late, 'until': self.until, 'fee': policy.show_percent(self.fee) if self.fee else '',
            'picked': bool(wish), 'error': form['errors'].get(sale_line.id, ''),
            'quantity': typed['quantity'] or ('1' if unit.compare(self.free, 1.0) >= 0 else f'{self.free:.10g}'),
            'is_whole': self.is_counted(),
            'reason': typed['reason'], 'answer': typed['answer'],
            'question': questions.get(typed['reason'], ''),
            'resolutions': [{
                'code': code, 'label': label, 'detail': line._describe_wish(code, is_single),
                'checked': typed['resolution'] == code or not typed['resolution'] and (
                    code == 'refund' or len(self.resolutions) == 1),
            } for code, label in self.resolutions.items()],
            'conditions': conditions if self.demands_condition else [], 'condition': typed['condition'],
            'lots': [{'id': lot.id, 'name': lot.name, 'checked': lot.id in typed.lots} for lot in self.lots],
            'is_serial': sale_line.product_id.tracking == 'serial',
            'variants': [(variant.id, variant.display_name) for variant in self.variants],
            'exchange': typed['exchange'],
        }


class SaleOrderLine(models.Model):
    """What customers may ask to send back, and why not the rest: in their words, by the policy that would judge it."""
    _inherit = 'sale.order.line'

    @api.model
    def _get_returns_ask_domain(self, entity):
        """:param entity: a commercial entity
        :return: domain of the goods that it bought on confirmed orders
        """
        return (Domain('order_id.partner_id.commercial_partner_id', '=', entity.id) & Domain('order_id.state', '=', 'sale')
                & Domain('product_id.type', '=', 'consu') & Domain('display_type', '=', False)
                & Domain('is_downpayment', '=', False) & Domain('product_uom_qty', '>', 0))

    def _get_returns_offers(self, partner, request=None):
        """What ``partner`` may ask about these order lines, read for all of them at once.

        :param request: of the customer, left out of what is asked already: they are changing it
        :return: {order line: :class:`Offer`}
        """
        lines = as_flow(self)
        request = as_flow(request) if request else as_flow(self.env['returns.request'])
        drafts = lines._draft_returns_lines(partner)
        plain = drafts._get_verdicts() if drafts else {}
        drafts.reason_id = quality = drafts.env['returns.reason'].search([('category', '=', 'quality')], limit=1)
        for_quality = drafts._get_verdicts() if drafts and quality else plain
        drafts.reason_id = False
        notes = lines._get_returns_notes(request)
        offers = {}
        for draft in drafts:
            sale_line = draft.sale_line_id._origin
            rule, _facts, verdict, _days = plain[draft]
            offer = Offer(
                sale_line, draft, sale_line._get_returns_free(request), notes[sale_line],
                resolutions=draft._get_offered_resolutions(rule), fee=rule.fee_percent if rule else Decimal(0),
                demands_condition=bool(rule and rule.condition_required), lots=sale_line._get_returns_free_lots(request))
            offer.variants = sale_line._get_returns_variants() if 'exchange' in offer.resolutions else ()
            if not offer.free:
                offer.excluded = offer.note or self.env._("all of it came back, or is not delivered yet.")
            else:
                draft._describe_verdicts(offer, verdict, for_quality[draft][2])
            offers[sale_line] = offer
        return offers

    def _get_returns_free(self, request):
        """:return: how many pieces may be asked for, in the order line's unit; what ``request`` holds is free to it"""
        self.ensure_one()
        own = request.line_ids.filtered(lambda line: line.sale_line_id == self and line.product_id == self.product_id)
        unit = self.product_uom_id
        return max(0.0, unit.round(self.quantity_returnable + self.product_id.uom_id._compute_quantity(
            sum(own.mapped('quantity_held')), unit, rounding_method='DOWN')))

    def _draft_returns_lines(self, partner):
        """:return: request lines in memory, one for each of these order lines; nothing is wished for them yet"""
        drafts = self.env['returns.request.line']
        for company, lines in self.grouped('company_id').items():
            drafts |= self.env['returns.request'].new({
                'company_id': company.id, 'partner_id': partner.id, 'channel': 'portal', 'user_id': False,
                'line_ids': [Command.create({
                    'sale_line_id': line.id, 'quantity': 1.0, 'resolution': 'none', 'responsibility': 'customer',
                }) for line in lines]}).line_ids
        return drafts

    def _get_returns_held(self, request):
        """:return: {order line: the lines of other open returns that hold pieces of it}"""
        found = self.env['returns.request.line'].search([
            ('sale_line_id', 'in', self.ids), ('quantity_held', '>', 0), ('request_id', 'not in', request.ids)])
        return found.grouped('sale_line_id')

    def _get_returns_notes(self, request):
        """:return: {order line: why not all that was ordered may come back, in words}; empty where all may
        """
        held = self._get_returns_held(request)
        moved = {
            (line, product): (float(delivered), float(returned)) for line, _move, product, delivered, returned
            in self.env.execute_query(self.env['returns.balance']._get_moved_queries(self.ids, []))} if self else {}
        notes = {}
        for line in self:
            show = self.env['returns.request']._show_quantity
            unit = line.product_id.uom_id
            mine = held.get(line, self.env['returns.request.line'])
            delivered, returned = moved.get((line.id, line.product_id.id), (0.0, 0.0))
            ordered = line.product_uom_id._compute_quantity(line.product_uom_qty, unit, rounding_method='HALF-UP')
            parts = []
            for other in mine.request_id:
                names = other.name if other._is_shown_to_customer() else self.env._("a return that we prepare")
                pieces = sum(mine.filtered(lambda one, other=other: one.request_id == other).mapped('quantity_held'))
                parts.append(self.env._("%(quantity)s already asked for in %(request)s",
                                        quantity=show(pieces, unit), request=names))
            if unit.compare(returned, 0.0) > 0:
                parts.append(self.env._("%s came back already", show(returned, unit)))
            is_kit = not delivered and line.qty_delivered
            if unit.compare(ordered, delivered) > 0 and not is_kit:
                parts.append(self.env._("%s not delivered yet", show(ordered - delivered, unit)))
            notes[line] = "; ".join(parts) and "; ".join(parts) + "."
        return notes

    def _get_returns_free_lots(self, request):
        """:return: the lots and serial numbers that are at the customer by this order line and announced nowhere else"""
        self.ensure_one()
        Lot = self.env['stock.lot']
        if self.product_id.tracking == 'none':
            return Lot
        lots = Lot.union(*self._get_lots_at_customer(self.product_id))
        if self.product_id.tracking == 'serial':
            lots -= self.env['returns.request.line'].search([
                ('lot_ids', 'in', lots.ids), ('quantity_held', '>', 0), ('request_id', 'not in', request.ids)]).lot_ids
        return lots.sorted('name')

    def _get_returns_variants(self):
        """:return: the other variants that these goods may be exchanged for"""
        self.ensure_one()
        product = self.product_id
        if len(self._get_returnable_products()[self]) > 1:  # parts of a kit are not exchanged by themselves
            return product.browse()
        return (product.product_tmpl_id.product_variant_ids - product).filtered(lambda variant: (
            variant.active and variant.sale_ok and variant.company_id in (self.company_id, self.company_id.browse())))

    # ------------------------------------------------------------------
    # The form
    # ------------------------------------------------------------------

    def _prepare_returns_form(self, partner, form):
        """:param dict form: what was typed, and what is wrong with it, see the controller
        :return: everything the form shows about these order lines, in the language of the context: plain values
        """
        request = form['request'] or self.env['returns.request']
        reasons = as_flow(self.env['returns.reason']).search([('active', '=', True)])
        offers = self._get_returns_offers(partner, request)
        questions = {str(reason.id): reason.question or '' for reason in reasons}
        return {
            'key': form['key'], 'note': form['note'], 'errors': form['errors'],
            'has_goods': any(not offer.excluded for offer in offers.values()),
            'files': ", ".join(as_flow(request).evidence_ids.mapped('name')),
            'reasons': [{'id': reason.id, 'name': reason.name, 'question': reason.question or '',
                         'photo': reason.needs_photo} for reason in reasons],
            'orders': [{
                'name': order.name, 'date': format_date(self.env, order.date_order, date_format='medium'),
                'goods': [offers[line]._prepare_form_values(form, questions) for line in lines],
            } for order, lines in self.grouped('order_id').items()],
        }


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    def _describe_verdicts(self, offer, plain, for_quality):
        """Say on ``offer`` until when the goods may come back, and what speaks against it.

        :param plain: ``tools.policy.Verdict`` for a return by choice
        :param for_quality: and for one of a reason of quality
        """
        self.ensure_one()
        _ = self.env._
        failed = {test['test'] for test in plain.trace if not test['ok']}
        day = format_date(self.env, plain.deadline, date_format='medium') if plain.deadline else ''
        if 'returnable' in failed:
            offer.excluded = _("It cannot be returned: our policy excludes it.")
        elif 'window' not in failed or not plain.deadline:
            offer.until = day
        elif plain.status != 'refused':
            offer.late = _("It could come back until %s: ask, and we look at your case.", day)
        elif for_quality.status != 'refused':
            offer.late = _("By choice it could come back until %(day)s; for defects and the like until %(quality)s.",
                           day=day, quality=format_date(
                               self.env, for_quality.deadline, date_format='medium'))
        else:
            offer.excluded = _("It could come back until %s.", day)

    @api.model
    def _get_offered_resolutions(self, rule):
        """:return: {code: label} of what ``rule`` (a ``tools.policy.Rule``, or None) offers: what keeps the customer's
            goods in use before money
        """
        offered = self.env['returns.policy.rule']._get_resolutions()
        labels = dict(self._fields['resolution']._description_selection(self.env))
        allowed = rule.allowed_resolutions if rule and rule.allowed_resolutions else {*offered, 'none'}
        order = [code for code in offered if code not in policy.MONEY] + ['store_credit', 'refund', 'none']
        codes = [code for code in order if code in allowed]
        return {code: labels[code] for code in codes if code != 'none' or codes == ['none']}

    # ------------------------------------------------------------------
    # What it would come to
    # ------------------------------------------------------------------

    def _get_credit_bonus(self):
        """:return: percent that store credit is worth more than money; bridges that keep it give some"""
        self.ensure_one()
        return 0.0

    def _describe_wish(self, resolution, is_single):
        """:param bool is_single: there is but one piece
        :return: what the customer would get for a piece, in their words; empty where there is nothing to say
        """
        self.ensure_one()
        if resolution == 'exchange':
            return self.env._("nothing to pay for the same product")
        money = self._estimate(resolution, 1.0)
        return self.env._("%s each", money) if money and not is_single else money

    def _estimate(self, resolution, quantity, fee_percent=0.0):
        """What the customer would get for ``quantity`` (``uom_id``) of these goods, in their words. What is really
        credited follows the invoice, with its discounts, and what the inspection finds.

        :return: '' where no money is said
        """
        self.ensure_one()
        _, currency = self.env._, self.order_currency_id
        value = self._get_unit_value() * quantity
        fee = currency.round(value * float(fee_percent) / 100)
        net = currency.round(value - fee)
        if resolution not in policy.MONEY:
            return ''
        bonus = currency.round(net * self._get_credit_bonus() / 100) if resolution == 'store_credit' else 0.0
        text = _("about %s", currency.format(net + bonus))
        extras = []
        if bonus:
            extras.append(_("%s bonus included", currency.format(bonus)))
        if fee:
            extras.append(_("less a fee of %s", currency.format(fee)))
        return f"{text} ({', '.join(extras)})" if extras else text
