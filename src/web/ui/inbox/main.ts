import { boot } from '../shared/boot';
import '../shared/desk.css';
import Inbox from './Inbox.svelte';

boot(Inbox, 'page.inbox');
