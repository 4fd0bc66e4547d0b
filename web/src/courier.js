import { mount } from 'svelte';
import './app.css';
import CourierApp from './courier/CourierApp.svelte';
import { keyFromAddress } from './session.js';

keyFromAddress();
mount(CourierApp, { target: document.getElementById('app') });
