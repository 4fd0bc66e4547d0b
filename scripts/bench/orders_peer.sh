#!/usr/bin/env bash
# What Postgres makes of the same orders row by row: each line locked with `for update`, looked at,
# and taken, in one transaction an order, from many connections at once.
#
#   orders_peer.sh [random|one] [SECONDS] [CONNECTIONS] [CENTERS] [ITEMS]
#
# The last line is JSON: orders a second, and how long they took. Needs a running server: see
# scripts/services/postgres.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."

mode=${1:-random} seconds=${2:-20} connections=${3:-64} centers=${4:-20} items=${5:-3000}
url=$(scripts/services/postgres.sh url)
bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin -type d | sort -V | tail -1)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$bin/psql" -X -q "$url" >&2 <<SQL
drop schema if exists orders_peer cascade;
create schema orders_peer;
set search_path = orders_peer;
create table stock (center_no int, item_no int, quantity int not null check (quantity >= 0),
    primary key (center_no, item_no));
create table orders (order_id uuid primary key, request_key text not null unique,
    customer text not null, total_minor bigint not null, ordered_at timestamptz not null);
create table movement (movement_id bigint generated always as identity primary key,
    center_no int not null, item_no int not null, delta int not null, quantity int not null,
    order_id uuid not null, at timestamptz not null);
insert into stock select c, i, 1000000
    from generate_series(0, $centers - 1) c, generate_series(0, $items - 1) i;
vacuum analyze stock;
SQL

third=$((items / 3))
case $mode in
  random) center="random(0, $((centers - 1)))" first="random(0, $((third - 1)))" ;;
  one) center=0 first=0 ;;
  *) echo "orders_peer.sh: $mode is neither random nor one" >&2; exit 2 ;;
esac
# The items of an order rise, so that no two orders wait for each other.
cat >"$folder/order.sql" <<SQL
\set center $center
\set item1 $first
\set item2 random($third, $((2 * third - 1)))
\set item3 random($((2 * third)), $((3 * third - 1)))
begin;
select quantity as q1 from orders_peer.stock where center_no = :center and item_no = :item1 for update \gset
select quantity as q2 from orders_peer.stock where center_no = :center and item_no = :item2 for update \gset
select quantity as q3 from orders_peer.stock where center_no = :center and item_no = :item3 for update \gset
\if :q1 >= 1
update orders_peer.stock set quantity = quantity - 1 where center_no = :center and item_no = :item1;
update orders_peer.stock set quantity = quantity - 1 where center_no = :center and item_no = :item2;
update orders_peer.stock set quantity = quantity - 1 where center_no = :center and item_no = :item3;
select gen_random_uuid() as order_id \gset
insert into orders_peer.orders values (:order_id, :order_id::text, '+14155550123', 300, now());
insert into orders_peer.movement (center_no, item_no, delta, quantity, order_id, at) values (:center, :item1, -1, :q1 - 1, :order_id, now());
insert into orders_peer.movement (center_no, item_no, delta, quantity, order_id, at) values (:center, :item2, -1, :q2 - 1, :order_id, now());
insert into orders_peer.movement (center_no, item_no, delta, quantity, order_id, at) values (:center, :item3, -1, :q3 - 1, :order_id, now());
\endif
commit;
SQL

(cd "$folder" && "$bin/pgbench" "$url" --no-vacuum --file order.sql --protocol prepared \
    --client "$connections" --jobs 2 --time "$seconds" --log --log-prefix log >"$folder/told" 2>&2)
tps=$(sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$folder/told")
# The third column of its log is how long a transaction took, in microseconds.
cat "$folder"/log.* | awk '{ print $3 }' | sort -n >"$folder/took"
count=$(wc -l <"$folder/took")
at() { sed -n "$((count * $1 / 100 + 1))p" "$folder/took"; }
"$bin/psql" -X -q "$url" -c 'drop schema orders_peer cascade' >&2
printf '{"placed_per_s": %s, "latency_ms": {"p50": %s, "p99": %s}, "placed": %s}\n' \
  "$tps" "$(awk "BEGIN { print $(at 50) / 1000 }")" "$(awk "BEGIN { print $(at 99) / 1000 }")" "$count"
