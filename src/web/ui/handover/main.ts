import { boot } from '../shared/boot';
import '../shared/desk.css';
import './print.css';
import HandoverPage from './Handover.svelte';

boot(HandoverPage, 'page.handover');
