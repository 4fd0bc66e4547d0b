import { mount } from 'svelte';
import './app.css';
import { keyFromAddress } from './session.js';
import { orderLinkOf } from './shop/order_story.js';

const target = document.getElementById('app');
const link = orderLinkOf(location.pathname);

// An order's page needs nothing of the shop, and the shop nothing of it.
if (link) {
  import('./shop/OrderPage.svelte').then(({ default: OrderPage }) => mount(OrderPage, { target, props: { link } }));
} else {
  keyFromAddress();
  import('./shop/ShopApp.svelte').then(({ default: ShopApp }) => mount(ShopApp, { target }));
}
