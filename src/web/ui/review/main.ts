import { boot } from '../shared/boot';
import '../shared/desk.css';
import ReviewPage from './Review.svelte';

boot(ReviewPage, 'page.review');
