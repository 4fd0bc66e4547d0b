-- Orders are listed by how they stand, a page at a time. What is kept of that is looked up here;
-- nearly all orders are placed, and of those their deliveries say the rest.
create index orders_standing on orders (market_id, status, order_id) where status <> 'placed';
create index orders_market on orders (market_id, order_id);

-- Deliveries that carry a part of an order, by how they stand: they are named after it, with a
-- hyphen and a number behind.
create index dispatch_of_orders on dispatch (market_id, status, delivery_id)
    where substr(delivery_id, 33, 1) = '-';
create index dispatch_of_orders_merchant on dispatch (merchant_id, status, delivery_id)
    where substr(delivery_id, 33, 1) = '-';
