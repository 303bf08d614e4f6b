import { boot } from '../shared/boot';
import '../shared/desk.css';
import Replay from './Replay.svelte';

boot(Replay, 'page.replay');
