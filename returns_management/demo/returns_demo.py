# Part of returns_management. See LICENSE file for full copyright and licensing details.

import random
from base64 import b64decode
from dataclasses import replace
from datetime import datetime, time, timedelta
from io import BytesIO

from passlib.hash import pbkdf2_sha512
from PIL import Image, ImageDraw

from odoo import Command, api, fields, models
from odoo.tools import SQL, groupby

from ..models.voice.returns_request_told import PENDING
from .stories import CUSTOMERS, PRODUCTS, STORIES

DELIVERED_AFTER, PAID_AFTER = 2, 14  # days from the order
DOCUMENTS = (  # what the stories write besides this add-on's own records
    'sale.order', 'sale.order.line', 'stock.picking', 'stock.move', 'stock.move.line', 'stock.quant', 'stock.lot',
    'account.move', 'account.move.line', 'account.payment', 'mail.message', 'mail.activity', 'ir.attachment',
)


class ReturnsDemo(models.AbstractModel):
    """Demo data that files cannot hold: decisions, for one, come from people pressing buttons, and from nothing else."""
    _name = 'returns.demo'
    _description = "Returns Demo Data"

    @api.model
    def _load(self):
        """Have the stories happen in the main company, once. Called by demo/returns_request_demo.xml."""
        if not self.env.ref(_xmlid(STORIES[0]), raise_if_not_found=False):
            with self.env.cr.savepoint():  # should it fail, nothing half done is written afterwards
                self._set_passwords()
                World(self.env).live(STORIES)

    @api.model
    def _set_passwords(self):
        """Make each login of the demo its password. Hashed lightly, for a dozen hashes of Odoo's strength take as long
        as a month of the stories; who logs in has theirs hashed anew.
        """
        light = pbkdf2_sha512.using(rounds=1000)
        for data in self.env['ir.model.data'].search([('module', '=', 'returns_management'), ('model', '=', 'res.users')]):
            user = self.env['res.users'].browse(data.res_id)
            user._set_encrypted_password(user.id, light.hash(user.login))


def _xmlid(story):
    return f'returns_management.demo_request_{story.name}'


class World:
    """The demo company lives through its last months, day by day, everybody pressing their own buttons.

    Odoo stamps what it does with the present moment. So everything happens now, and between two days of the stories
    what was written so far moves back by the time that passes (:meth:`_let_pass_until`). Numbers, dates, deadlines and
    what is late then fit together as if it had all been done on its day.
    """

    def __init__(self, env):
        self.company = env.ref('base.main_company')
        self.env = env(context={
            **env.context, 'allowed_company_ids': self.company.ids, 'tracking_disable': True,
            'mail_auto_subscribe_no_notify': True, 'skip_sms': True, 'skip_backorder': True,
        })
        self.now = fields.Datetime.now()
        self.warehouse = self.env['stock.warehouse'].search([('company_id', '=', self.company.id)], limit=1)
        self.products = {name: self.env.ref(xmlid) for name, xmlid in PRODUCTS.items()}
        self.requests, self.orders = {}, {}
        self._wind_clock()

    # ------------------------------------------------------------------
    # Time
    # ------------------------------------------------------------------

    def live(self, stories):
        events = [event for story in stories for event in self._get_events(story)]
        self.moment = first = self._get_moment(max(story.sold for story in stories) + 1)
        self._stock(stories)
        for moment, batch in groupby(sorted(events, key=lambda event: event[0]), lambda event: event[0]):
            self._let_pass_until(moment)
            for verb, acts in groupby(batch, lambda event: event[1]):
                getattr(self, f'_{verb}')([act[2:] for act in acts])
                self.env.cr.precommit.data.pop(PENDING, None)  # their days would not be those of the story
        self._let_pass_until(self.now)
        self._antedate_policies(first)
        self._renew_deadlines()
        self._renew_verdicts()
        self._take_mails_as_sent()
        self._take_refusals_as_explained()
        self.env['ir.model.data']._update_xmlids([
            {'xml_id': _xmlid(story), 'record': self.requests[story.name], 'noupdate': True} for story in stories])

    def _take_refusals_as_explained(self):
        """Those of the last days are still to be explained to their customers."""
        kind = self.env.ref('returns_management.mail_activity_type_explain')
        self.env['mail.activity'].search([
            ('activity_type_id', '=', kind.id), ('res_id', 'in', self._get_requests().ids),
            ('date_deadline', '<', fields.Date.subtract(fields.Date.today(), days=7))]).unlink()

    def _get_events(self, story):
        """:return: [(moment, verb, story, *arguments)]"""
        events = [(self._get_moment(story.asked), 'file', story)]
        if story.order:
            events += [(self._get_moment(story.sold), 'sell', story),
                       (self._get_moment(story.sold - DELIVERED_AFTER), 'deliver', story)]
        if story.paid:
            events.append((self._get_moment(story.sold - PAID_AFTER), 'pay', story))
        return events + [(self._get_moment(ago), verb, story, *args) for ago, verb, *args in story.life]

    def _get_moment(self, ago):
        """:return: when it happened: not all at noon, and what falls on a weekend late on the Friday before"""
        day = (self.now - timedelta(days=ago)).date()
        weekend = max(0, day.weekday() - 4)
        hour = 8 + ago * 7 % 9 if not weekend else 16 + weekend
        return min(datetime.combine(day - timedelta(days=weekend), time(hour, ago * 17 % 60)), self.now)

    def _let_pass_until(self, moment):
        """Move everything written so far back in time, as if the days until ``moment`` had passed."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        if moment != self.moment:
            days = (moment.date() - self.moment.date()).days
            self.env.cr.execute(self.clock, {'span': moment - self.moment, 'days': days})
            for model, columns in self.clocked:
                model.invalidate_model(columns, flush=False)
        self.moment = moment

    def _wind_clock(self):
        """Prepare the one statement by which time passes for all rows made from now on."""
        self.clocked, parts = [], []
        own = [name for name, model in self.env.registry.items()
               if name.startswith('returns.') and model._auto and not model._abstract and not model._transient]
        for name in sorted({*DOCUMENTS, *own}):
            model = self.env[name]
            stamps, dates = (
                [field.name for field in model._fields.values() if field.store and field.type == kind]
                for kind in ('datetime', 'date'))
            if name.startswith('account.'):
                dates = []  # accounting days are given when the document is made: their numbers depend on them
            self.clocked.append((model, stamps + dates))
            self.env.cr.execute(SQL("SELECT COALESCE(MAX(id), 0) FROM %s", SQL.identifier(model._table)))
            [highest] = self.env.cr.fetchone()
            moved = [f'"{column}" = "{column}" - %(span)s' for column in stamps]
            moved += [f'"{column}" = "{column}" - %(days)s' for column in dates]
            parts.append(
                f'"moved_{model._table}" AS (UPDATE "{model._table}" SET {", ".join(moved)} WHERE id > {highest})')
        self.clock = f'WITH {", ".join(parts)} SELECT 1'

    # ------------------------------------------------------------------
    # Selling
    # ------------------------------------------------------------------

    def _stock(self, stories):
        """Have in stock what will be sold, and as much again."""
        wanted = {}
        for name, quantity in [line for story in stories for line in story.order]:
            wanted[name] = wanted.get(name, 0) + quantity
        vals_list = []
        for name, quantity in wanted.items():
            product = self.products[name]
            common = {'product_id': product.id, 'location_id': self.warehouse.lot_stock_id.id}
            if product.tracking == 'none':
                vals_list.append({**common, 'inventory_quantity': product.qty_available + 2 * quantity})
                continue
            each = 1 if product.tracking == 'serial' else 2 * quantity
            first = 2241 + self.env['stock.lot'].search_count([('product_id', '=', product.id)])  # of a former demo
            lots = self.env['stock.lot'].create([
                {'name': f'{product.default_code}-{first + number}', 'product_id': product.id}
                for number in range(2 * quantity // each)])
            vals_list += [{**common, 'lot_id': lot.id, 'inventory_quantity': each} for lot in lots]
        self.env['stock.quant'].with_context(inventory_mode=True).create(vals_list).action_apply_inventory()

    def _sell(self, acts):
        """Prices and taxes of the company, from our own stock, whatever price lists and products of the database say."""
        by_customer = [(customer, [story for [story] in group]) for customer, group in groupby(
            acts, lambda act: act[0].customer)]
        tax = self.company.account_sale_tax_id
        # read back, an order line names only routes that may be chosen on orders; Loyalty makes Odoo read them back
        self.warehouse.delivery_route_id.sale_selectable = True
        orders = self.env['sale.order'].create([{
            'partner_id': self.env.ref(CUSTOMERS[customer][0]).id, 'pricelist_id': False,
            'warehouse_id': self.warehouse.id, 'user_id': self._get_user(stories[0].by).id,
            'order_line': [Command.create({
                'product_id': self.products[name].id, 'product_uom_qty': quantity,
                'price_unit': self.products[name].list_price, 'tax_ids': [Command.set(tax.ids)],
                'route_ids': [Command.set(self.warehouse.delivery_route_id.ids)],
            }) for story in stories for name, quantity in story.order],
        } for customer, stories in by_customer])
        orders.action_confirm()
        for (_customer, stories), order in zip(by_customer, orders, strict=True):
            self.orders.update(dict.fromkeys((story.name for story in stories), order))

    def _deliver(self, acts):
        """Deliver, in however many steps the warehouse has, and invoice where there are accounts to do so."""
        orders = self._get_orders(acts)
        while pickings := orders.picking_ids.filtered(lambda picking: picking.state not in ('done', 'cancel')):
            self._hand_over(pickings)
        if self.company.chart_template:
            invoices = orders._create_invoices(grouped=True)
            invoices.invoice_date = self.moment.date()
            invoices.action_post()

    def _hand_over(self, pickings):
        pickings.move_ids._action_assign()
        pickings.move_ids.picked = True
        pickings.button_validate()

    def _pay(self, acts):
        invoices = self._get_orders(acts).invoice_ids.filtered(lambda move: move.move_type == 'out_invoice')
        if invoices:
            self.env['account.payment.register'].with_context(
                active_model='account.move', active_ids=invoices.ids,
            ).create({'payment_date': self.moment.date(), 'group_payment': False})._create_payments()

    def _get_orders(self, acts):
        return self.env['sale.order'].union(*(self.orders[story.name] for story, *_args in acts))

    # ------------------------------------------------------------------
    # Returning: the verbs of the stories, each for all acts of a moment
    # ------------------------------------------------------------------

    def _as(self, login, *stories):
        """:return: the requests of these stories, as that user of the demo sees them"""
        requests = self.env['returns.request'].union(*(self.requests[story.name] for story in stories))
        return requests.with_user(self._get_user(login))

    def _get_user(self, login):
        return self.env.ref(f'returns_management.demo_{login}')

    def _file(self, acts):
        for story, in acts:
            self.requests[story.name] = self.env['returns.request'].with_user(self._get_user(story.by)).create({
                'partner_id': self.env.ref(CUSTOMERS[story.customer][1]).id, 'channel': story.channel,
                'customer_note': story.note, 'priority': '1' if story.urgent else '0',
                'line_ids': [Command.create(self._prepare_line_vals(story, line)) for line in story.lines],
                'evidence_ids': [Command.create({
                    'name': f'photo_{number + 1}.jpg', 'raw': _take_photo(self.products[story.lines[0].product], number),
                }) for number in range(story.photos)],
            })

    def _prepare_line_vals(self, story, line):
        product = self.products[line.product]
        if not story.order:
            return {
                'product_id': product.id, 'without_order': True, 'quantity': line.quantity, 'resolution': line.resolution,
                'reason_id': self.env.ref(f'returns_management.reason_{line.reason}').id}
        sold = self.orders[story.name].order_line.filtered(lambda sold: sold.product_id == product)
        lots = sold.move_ids.lot_ids[:int(line.quantity) if product.tracking == 'serial' else 1]
        return {
            'sale_line_id': sold.id, 'quantity': line.quantity, 'resolution': line.resolution,
            'reason_id': self.env.ref(f'returns_management.reason_{line.reason}').id,
            'reason_answer': line.answer, 'lot_ids': [Command.set(lots.ids)],
        }

    def _submit(self, acts):
        for login, group in groupby((story for [story] in acts), lambda story: story.by):
            self._as(login, *group).action_submit()

    def _cancel(self, acts):
        for [story] in acts:
            self._as(story.by, story).action_cancel()

    def _say(self, acts):
        for story, login, text in acts:
            self._as(login, story).message_post(body=text)

    def _approve(self, acts):
        for (login, comment), group in groupby(acts, lambda act: act[1:]):
            requests = self._as(login, *(act[0] for act in group))
            points = requests.step_ids.filtered('may_decide').point_ids
            requests.action_approve(comment, dict.fromkeys(points.ids, True))

    def _reject(self, acts):
        for story, login, comment in acts:
            self._as(login, story).action_reject(comment)

    def _abstain(self, acts):
        for story, login, comment in acts:
            self._as(login, story).action_abstain(comment)

    def _receive(self, acts):
        """Take in what was announced, or so many pieces of it as the act says."""
        requests = self._as('inspector', *(story for story, *_quantity in acts))
        requests.action_receive()
        pickings = requests.picking_ids.filtered(lambda picking: picking.state not in ('done', 'cancel'))
        for story, *quantity in acts:
            for move in pickings.filtered(lambda picking, story=story: picking.returns_request_id in self._as(
                    'inspector', story)).move_ids:
                self._scan(move, *quantity or [move.product_uom_qty])
        pickings.button_validate()

    def _scan(self, move, quantity):
        lots = move.sudo().returns_line_id.lot_ids
        if not lots:
            move.quantity = quantity
        elif not move.move_line_ids.lot_id:
            move.move_line_ids.unlink()
            move.move_line_ids = [Command.create({
                **move._prepare_move_line_vals(), 'lot_id': lot.id, 'quantity': quantity / len(lots)}) for lot in lots]
        move.picked = True

    def _inspect(self, acts):
        ready = self.env['returns.inspection'].with_user(self._get_user('inspector'))
        for story, *findings in acts:
            inspections = self._as('inspector', story).inspection_ids.filtered(
                lambda inspection: inspection.state == 'draft').sorted('id')
            for inspection, finding in zip(inspections, findings, strict=True):
                inspection.write({
                    'disposition_id': self.env.ref(f'returns_management.disposition_{finding.disposition}').id,
                    'root_cause_id': self.env.ref(f'returns_management.root_cause_{finding.cause}').id,
                    'quantity_accepted': inspection.quantity if finding.accepted is None else finding.accepted,
                    'note': finding.note, 'minutes': 2 * len(inspection.check_ids) + 3,
                    'liability_ids': [Command.create({'responsibility': party, 'share': share})
                                      for party, share in finding.shares],
                })
                self._answer(inspection, finding.grade)
            ready |= inspections
        ready.action_done()

    def _answer(self, inspection, grade):
        """Answers that propose ``grade``: what it looks like says it, everything else is in order."""
        for check in inspection.check_ids:
            if check.kind == 'choice':
                keys = [option['key'] for option in check.definition['options']
                        if check.aspect == 'look' and option['grade'] == grade]
                check.value = keys[0] if keys else check.choices[0][0]
            elif check.kind == 'yes_no':
                check.value = check.definition['expected']
            else:
                check.value = check.definition['lowest'] or check.definition['highest']
            if check.needs_photo and check.result == 'fail':
                check.photo_ids = self.env['ir.attachment'].with_user(check.env.user).create({
                    'name': 'damage.jpg', 'raw': _take_photo(inspection.product_id, check.id),
                    'res_model': check._name, 'res_id': check.id})

    def _look_there(self, acts):
        self._as('inspector', *(story for [story] in acts)).action_inspect_on_site()

    def _ship(self, acts):
        """Send replacements, and what we do not take."""
        requests = self._as('inspector', *(story for [story] in acts))
        self._hand_over(requests.sudo().line_ids.move_ids.picking_id.filtered(
            lambda picking: picking.picking_type_code == 'outgoing' and picking.state not in ('done', 'cancel')))

    def _price(self, acts):
        """Type what is paid for goods without an order."""
        for story, price, basis in acts:
            self._as('accountant', story).line_ids.action_set_price(price, basis)

    def _settle(self, acts):
        self._as('accountant', *(story for [story] in acts)).action_settle()

    def _post(self, acts):
        notes = self._as('accountant', *(story for [story] in acts)).refund_ids.filtered(
            lambda note: note.state == 'draft')
        notes.invoice_date = self.moment.date()
        notes.action_post()

    def _close_short(self, acts):
        for story, comment in acts:
            self._as('inspector', story).action_close_short(comment)

    def _complain(self, acts):
        for story, words in acts:
            request = self._as(story.by, story)
            self.env['returns.discrepancy'].with_user(request.env.user).create({
                'request_id': request.id, 'kind': 'complaint', 'complaint': words, 'user_id': request.user_id.id,
                'date_due': fields.Datetime.add(self.now, days=6),
            })

    # ------------------------------------------------------------------
    # What still names the present
    # ------------------------------------------------------------------

    def _antedate_policies(self, before):
        """The versions were published while loading: let them be older than the orders sold under them."""
        versions = self.env['returns.policy'].search(
            [('company_id', '=', self.company.id), ('date_published', '>', before)], order='number desc')
        follower = False
        for number, version in enumerate(versions):
            published = before - timedelta(days=20 + 180 * number)
            version.write({'date_published': published, 'date_superseded': follower})
            follower = published

    def _renew_deadlines(self):
        """Working days are counted from the day that a question was really put."""
        for step in self._get_requests().step_ids.filtered('date_opened'):
            limit, unit, calendar = step._get_limit()
            step.deadline = calendar._returns_deadline(step.date_opened, limit, unit)
            if step.state == 'open':
                step.request_id.activity_ids.filtered(
                    lambda activity, step=step: activity.user_id in step.voter_ids
                ).date_deadline = step.deadline.date()
        self._get_requests().filtered(lambda request: request.state == 'review')._set_promises()

    def _renew_verdicts(self):
        """The policy's verdict names days: say it again with the days as they are now."""
        for line in self._get_requests().line_ids.filtered('policy_status'):
            said = next((entry['inputs'] for entry in line.policy_trace if entry['test'] == 'window'), {})
            today = line.request_id.date_submitted.date()
            delivered = said.get('delivered') and self._get_delivery_day(line, today - (
                fields.Date.to_date(said['today']) - fields.Date.to_date(said['delivered'])))
            rule, facts = line.rule_id._to_rule(), replace(line._get_policy_facts(delivered), today=today)
            words = line._prepare_verdict_words(rule, facts, line._get_verdict(rule, facts))
            line._write_flow({**words, 'rejection_note': words['rejection_note'] or line.rejection_note})

    def _get_delivery_day(self, line, about):
        """:return: the day of the delivery that was meant: what lay between two moments may be a day more or less"""
        days = (line._get_day(move.date) for move in line.sale_line_id.move_ids if move._returns_is_delivery())
        return min(days, key=lambda day: abs(day - about), default=about)

    def _get_requests(self):
        return self.env['returns.request'].union(*self.requests.values())

    def _take_mails_as_sent(self):
        """Nothing of this leaves the database: the customers do not exist. The one day that mails name is set right."""
        mails = self.env['mail.mail'].search([
            ('model', '=', 'returns.request'), ('res_id', 'in', self._get_requests().ids), ('state', '=', 'outgoing')])
        by_request = mails.grouped('res_id')
        for request in self._get_requests().filtered('date_ship_by'):
            request = request.with_context(lang=request.partner_id.lang)
            said = request._show_date(request.date_ship_by + (self.now - request.date_approved))
            for mail in by_request.get(request.id, mails.browse()):
                body = mail.body_html.replace(said, request._show_date(request.date_ship_by))
                mail.write({'body_html': body, 'body': body})
        mails.write({'state': 'sent'})


def _take_photo(product, number):
    """:return: a picture of ``product`` as a customer would take it to show its damage, as JPEG"""
    chance = random.Random(f'{product.default_code}{number}')
    canvas = Image.new('RGB', (640, 480), (214, 209, 200))
    ImageDraw.Draw(canvas).rectangle((0, 330, 640, 480), fill=(150, 130, 112))
    if product.image_1024:
        picture = Image.open(BytesIO(b64decode(product.image_1024))).convert('RGBA')
        picture.thumbnail((460, 440))
        canvas.paste(picture, (90, 30), picture)
    canvas = canvas.rotate(chance.uniform(-9, 9), expand=False, fillcolor=(120, 116, 110))
    pen = ImageDraw.Draw(canvas)
    x, y = chance.randint(200, 380), chance.randint(140, 260)
    for _crack in range(3):
        points = [(x, y)]
        for _bend in range(6):
            points.append((points[-1][0] + chance.randint(4, 24), points[-1][1] + chance.randint(-14, 18)))
        pen.line(points, fill=(40, 34, 30), width=3)
    pen.ellipse((x - 40, y - 50, x + 150, y + 80), outline=(200, 30, 30), width=4)
    out = BytesIO()
    canvas.save(out, 'JPEG', quality=75)
    return out.getvalue()
