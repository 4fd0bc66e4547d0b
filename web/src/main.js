import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { keyFromAddress } from './session.js';

keyFromAddress();
mount(App, { target: document.getElementById('app') });
