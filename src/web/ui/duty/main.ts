import { boot } from '../shared/boot';
import '../shared/desk.css';
import DutyPage from './Duty.svelte';

boot(DutyPage, 'page.duty');
