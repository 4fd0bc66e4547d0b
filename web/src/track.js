import { mount } from 'svelte';
import './app.css';
import { linkOf } from './track/link.js';
import TrackPage from './track/TrackPage.svelte';

mount(TrackPage, { target: document.getElementById('app'), props: { link: linkOf(location.pathname) } });
